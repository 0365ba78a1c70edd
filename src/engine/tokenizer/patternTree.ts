// The parse tree of a regular expression of JavaScript with the flag u, for the search that counts its steps.

/** What a pattern consists of. */
export type PatternNode =
  /** One character that `source` matches alone: a class, an escape or a letter. */
  | { kind: "one"; source: string }
  | { kind: "sequence"; parts: PatternNode[] }
  | { kind: "choice"; parts: PatternNode[] }
  | { kind: "repeat"; part: PatternNode; least: number; most: number; lazy: boolean }
  /** (?=), (?!), (?<=) and (?<!). */
  | { kind: "look"; part: PatternNode; behind: boolean; wanted: boolean }
  /** ^ and $. */
  | { kind: "edge"; end: boolean };

/** Deepest nesting of groups. */
const DEEPEST = 50;

/** Parses a source that the RegExp constructor accepts. Undefined for what it has no node for: references to groups, \b, modifiers. */
export function treeOfPattern(source: string): PatternNode | undefined {
  try {
    const parser = new Parser(source);
    const tree = parser.choice(0);
    return parser.done ? tree : undefined;
  } catch (error) {
    if (error instanceof NotParsed) return undefined;
    throw error;
  }
}

class NotParsed extends Error {}

class Parser {
  private at = 0;

  constructor(private readonly source: string) {}

  get done(): boolean {
    return this.at === this.source.length;
  }

  choice(depth: number): PatternNode {
    if (depth > DEEPEST) throw new NotParsed();
    const parts = [this.sequence(depth)];
    while (this.take("|")) parts.push(this.sequence(depth));
    return parts.length === 1 ? parts[0]! : { kind: "choice", parts };
  }

  private sequence(depth: number): PatternNode {
    const parts: PatternNode[] = [];
    while (!this.done && !"|)".includes(this.source[this.at]!)) parts.push(this.repeated(this.term(depth)));
    return { kind: "sequence", parts };
  }

  private take(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  /** The text that `expression`, which is sticky, matches here. */
  private taken(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at;
    const found = expression.exec(this.source) ?? undefined;
    this.at += found?.[0].length ?? 0;
    return found;
  }

  private term(depth: number): PatternNode {
    if (this.take("(")) return this.group(depth);
    if (this.take("^")) return { kind: "edge", end: false };
    if (this.take("$")) return { kind: "edge", end: true };
    const [source] = this.taken(ONE) ?? [];
    if (source === undefined || /^\\(?:[1-9bBk])/.test(source)) throw new NotParsed();
    return { kind: "one", source };
  }

  private group(depth: number): PatternNode {
    const look = this.taken(/\?<?[=!]/y)?.[0];
    if (look === undefined && !this.taken(/\?:|\?<[^=!>][^>]*>/y) && this.source[this.at] === "?")
      throw new NotParsed();
    const part = this.choice(depth + 1);
    if (!this.take(")")) throw new NotParsed();
    return look === undefined ? part : { kind: "look", part, behind: look.includes("<"), wanted: look.endsWith("=") };
  }

  private repeated(part: PatternNode): PatternNode {
    const found = this.taken(/([*+?]|\{(\d+)(,?)(\d*)\})(\??)/y);
    if (!found) return part;
    const [, sign, from = "", comma, to, lazy] = found;
    const bounds: Record<string, [number, number]> = { "*": [0, Infinity], "+": [1, Infinity], "?": [0, 1] };
    const written: [number, number] = [Number(from), comma === "" ? Number(from) : to === "" ? Infinity : Number(to)];
    const [least, most] = bounds[sign ?? ""] ?? written;
    return { kind: "repeat", part, least, most, lazy: lazy === "?" };
  }
}

/** A class, an escape (with its braces or digits), or any other character. */
const ONE =
  /\[(?:\\[^]|[^\]\\])*\]|\\(?:[pPu]\{[^}]*\}|u[0-9a-fA-F]{4}(?:\\u[dD][c-fC-F][0-9a-fA-F]{2})?|x[0-9a-fA-F]{2}|c[a-zA-Z]|[^])|[^()[\]{}|?*+^$\\]/uy;
