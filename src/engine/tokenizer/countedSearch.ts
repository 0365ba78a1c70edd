// A search with a regular expression that counts its steps and gives up, which the engine's own search cannot: a hostile pattern would hang it.
import { treeOfPattern, type PatternNode } from "./patternTree.ts";

/** A match: where it begins and what it is. */
export interface Match {
  index: number;
  0: string;
}

/** Finds matches from left to right, as String.matchAll does. */
export type Search = (text: string) => Iterable<Match>;

/** Thrown where a search takes more steps than its text allows. */
export class TooManySteps extends Error {}

/** Steps that are allowed per character of the text; patterns of published tokenizers need 5 to 40. */
export const STEPS_PER_CHARACTER = 300;
/** Steps that a search may take in advance. What short texts leave over is kept up to this. */
const STEPS_AHEAD = 300_000;
/** Open repetitions of groups. */
const DEEPEST = 1000;
/** Nodes of a pattern, after repetitions with bounds are written out. */
const MOST_NODES = 5000;

/** What a search changes while it runs. */
interface State {
  text: string;
  steps: number;
  depth: number;
}

/** From a position to whether the rest of the pattern matches there. */
type Step = (at: number) => boolean;

/**
 * A search for a pattern with the flags g and u; undefined where the pattern has parts that are not searched for here (see `treeOfPattern`),
 * or is too large. Its iteration throws TooManySteps.
 */
export function countedSearch(pattern: RegExp): Search | undefined {
  const tree = treeOfPattern(pattern.source);
  if (!tree) return undefined;
  const state: State = { text: "", steps: STEPS_AHEAD, depth: 0 };
  let end = 0;
  const builder = new Builder(state);
  const start = builder.build(tree, (at) => ((end = at), true), false);
  if (builder.nodes > MOST_NODES) return undefined;
  const matchesAt = (text: string, at: number): boolean => {
    state.text = text;
    state.depth = 0;
    try {
      return start(at);
    } catch (error) {
      state.steps = STEPS_AHEAD;
      throw error;
    }
  };
  return function* (text) {
    state.steps = Math.min(STEPS_AHEAD, state.steps) + STEPS_PER_CHARACTER * text.length;
    for (let at = 0; at <= text.length;) {
      if (!matchesAt(text, at)) {
        at += characterLength(text, at);
        continue;
      }
      const found = text.slice(at, end);
      yield { index: at, 0: found };
      at = found === "" ? at + characterLength(text, at) : at + found.length;
    }
  };
}

const characterLength = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);

/** Makes steps from a tree, each with the steps after it. `back`: the text is read towards its start, in (?<=) and (?<!). */
class Builder {
  nodes = 0;

  constructor(private readonly state: State) {}

  build(node: PatternNode, next: Step, back: boolean): Step {
    if (++this.nodes > MOST_NODES) return next;
    switch (node.kind) {
      case "one":
        return this.one(node.source, next, back);
      case "edge":
        return (at) => at === (node.end ? this.state.text.length : 0) && next(at);
      case "sequence": {
        const parts = back ? node.parts : node.parts.toReversed();
        return parts.reduce((after, part) => this.build(part, after, back), next);
      }
      case "choice": {
        const choices = node.parts.map((part) => this.build(part, next, back));
        return (at) => choices.some((choice) => choice(at));
      }
      case "look": {
        const inside = this.build(node.part, () => true, node.behind);
        return (at) => inside(at) === node.wanted && next(at);
      }
      case "repeat":
        return node.part.kind === "one" ? this.repeatOne(node, next, back) : this.repeat(node, next, back);
    }
  }

  private count(): void {
    if (--this.state.steps < 0) throw new TooManySteps();
  }

  /** The position after a character that `source` matches; -1 where it does not. */
  private reader(source: string, back: boolean): (at: number) => number {
    const { state } = this;
    const fits = characterTest(source);
    return (at) => {
      this.count();
      const { text } = state;
      let from = back ? at - 1 : at;
      if (from < 0 || from >= text.length) return -1;
      if (back && from > 0 && isLow(text.charCodeAt(from)) && isHigh(text.charCodeAt(from - 1))) from -= 1;
      const code = text.codePointAt(from) ?? 0;
      if (!fits(code)) return -1;
      return back ? from : from + (code > 0xffff ? 2 : 1);
    };
  }

  private one(source: string, next: Step, back: boolean): Step {
    const read = this.reader(source, back);
    return (at) => {
      const after = read(at);
      return after >= 0 && next(after);
    };
  }

  /** Without recursion: a run of characters may be as long as the text. */
  private repeatOne({ part, least, most, lazy }: Repeat, next: Step, back: boolean): Step {
    const read = this.reader(part.kind === "one" ? part.source : "", back);
    const { state } = this;
    const before = back ? 1 : -1;
    if (lazy)
      return (at) => {
        for (let [position, count] = [at, 0]; position >= 0; position = read(position), count++) {
          if (count >= least && next(position)) return true;
          if (count === most) return false;
        }
        return false;
      };
    return (at) => {
      let [position, count] = [at, 0];
      for (let after = position; count < most && (after = read(position)) >= 0; count++) position = after;
      for (; count >= least; count--) {
        if (next(position)) return true;
        if (count === 0) return false;
        this.count();
        const last = back ? position : position - 1;
        const pair = back
          ? isHigh(state.text.charCodeAt(last)) && isLow(state.text.charCodeAt(last + 1))
          : last > at && isLow(state.text.charCodeAt(last)) && isHigh(state.text.charCodeAt(last - 1));
        position += pair ? 2 * before : before;
      }
      return false;
    };
  }

  private repeat({ part, least, most, lazy }: Repeat, next: Step, back: boolean): Step {
    const optional =
      most === Infinity ? this.endless(part, { lazy, back }, next) : this.upTo({ part, least, most, lazy }, next, back);
    let step = optional;
    for (let i = 0; i < least && this.nodes <= MOST_NODES; i++) step = this.build(part, step, back);
    return step;
  }

  /** Up to `most - least` of a part, one inside the other. */
  private upTo({ part, least, most, lazy }: Repeat, next: Step, back: boolean): Step {
    let step = next;
    for (let i = least; i < most && this.nodes <= MOST_NODES; i++) {
      const starts: number[] = [];
      const after = step;
      const one = this.build(part, (at) => at !== starts.at(-1) && after(at), back);
      const take = held(starts, one);
      step = lazy ? (at) => next(at) || take(at) : (at) => take(at) || next(at);
    }
    return step;
  }

  private endless(part: PatternNode, { lazy, back }: { lazy: boolean; back: boolean }, next: Step): Step {
    const { state } = this;
    const starts: number[] = [];
    const loop: Step = (at) => {
      this.count();
      if (++state.depth > DEEPEST) throw new TooManySteps();
      const found = lazy ? next(at) || take(at) : take(at) || next(at);
      state.depth--;
      return found;
    };
    // a repetition that matches nothing does not count, as in JavaScript
    const take = held(
      starts,
      this.build(part, (at) => at !== starts.at(-1) && loop(at), back),
    );
    return loop;
  }
}

type Repeat = Omit<Extract<PatternNode, { kind: "repeat" }>, "kind">;

/** The step, with its position on a stack while it runs. */
function held(starts: number[], step: Step): Step {
  return (at) => {
    const { length } = starts;
    starts.push(at);
    try {
      return step(at);
    } finally {
      starts.length = length;
    }
  };
}

const isHigh = (unit: number): boolean => unit >> 10 === 0x36;
const isLow = (unit: number): boolean => unit >> 10 === 0x37;

/** Characters whose result is remembered: one per remainder by this number. */
const REMEMBERED = 2048;

/** Whether `source` matches a character alone. */
function characterTest(source: string): (code: number) => boolean {
  const expression = new RegExp(`^${source}$`, "u");
  const known = new Int32Array(REMEMBERED).fill(-1);
  return (code) => {
    const slot = code % REMEMBERED;
    const entry = known[slot]!;
    if (entry >> 1 === code) return (entry & 1) === 1;
    const fits = expression.test(String.fromCodePoint(code));
    known[slot] = 2 * code + (fits ? 1 : 0);
    return fits;
  };
}
