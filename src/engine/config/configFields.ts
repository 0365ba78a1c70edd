// Reads fields of config.json with the type that they should have. Every refusal names file and field, what was expected and what it got.
import { EngineError, showValue } from "../errors.ts";

const FILE = "config.json";
/** What to do about a field that no published model has like this. */
const USE_ORIGINAL = "Use the config.json that the model was published with.";

/** The rest of a refusal, where its defaults do not fit. */
interface Refusal {
  /** The value to show; default: the field as it is in the file. */
  got?: unknown;
  /** What to do, as a sentence; default: to use the original file. */
  remedy?: string;
}

/** A view of one object of config.json; `path` precedes the names of its fields in messages ("rope_scaling."). */
export class ConfigFields {
  private readonly json: Readonly<Record<string, unknown>>;
  private readonly path: string;

  constructor(json: unknown, path = "") {
    if (typeof json !== "object" || json === null || Array.isArray(json)) {
      const field = path === "" ? "" : `${path.replace(/\.$/, "")}: `;
      throw new EngineError("config", `${FILE}: ${field}expected an object, got ${showValue(json)}. ${USE_ORIGINAL}`);
    }
    this.json = json as Record<string, unknown>;
    this.path = path;
  }

  /** Throws "config" about the field `name`: it should have been what `expected` describes. */
  refuse(name: string, expected: string, refusal: Refusal = {}): never {
    throw this.error("config", name, expected, refusal);
  }

  /** Throws "unsupported" about the field `name`: the engine runs only what `expected` describes. */
  refuseUnsupported(name: string, expected: string, refusal: Refusal = {}): never {
    throw this.error("unsupported", name, expected, refusal);
  }

  private error(code: "config" | "unsupported", name: string, expected: string, refusal: Refusal): EngineError {
    const field = this.path + name;
    const { remedy = USE_ORIGINAL } = refusal;
    const got = showValue("got" in refusal ? refusal.got : this.get(name));
    return new EngineError(code, `${FILE}: ${field}: expected ${expected}, got ${got}. ${remedy}`, { field });
  }

  /** The raw value. Undefined if it is missing or null, which transformers treats alike. */
  get(name: string): unknown {
    return Object.hasOwn(this.json, name) ? (this.json[name] ?? undefined) : undefined;
  }

  /** Whether the field is there, null included. */
  has(name: string): boolean {
    return Object.hasOwn(this.json, name);
  }

  /** The names of all fields. */
  names(): string[] {
    return Object.keys(this.json);
  }

  /** Whether the field is there and null, as distinct from missing. */
  isNull(name: string): boolean {
    return Object.hasOwn(this.json, name) && this.json[name] === null;
  }

  private number(name: string, fallback: number | undefined, fits: (value: number) => boolean, kind: string): number {
    const got = this.get(name) ?? fallback;
    return typeof got === "number" && fits(got) ? got : this.refuse(name, kind, { got });
  }

  /** A count of at least one. Without a fallback the field is required. */
  count(name: string, fallback?: number): number {
    return this.number(name, fallback, (value) => Number.isSafeInteger(value) && value > 0, "a positive integer");
  }

  /** A finite number above zero. Without a fallback the field is required. */
  positive(name: string, fallback?: number): number {
    return this.number(name, fallback, (value) => Number.isFinite(value) && value > 0, "a positive number");
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.get(name) ?? fallback;
    return typeof value === "boolean" ? value : this.refuse(name, "true or false");
  }

  /** A text. Without a fallback the field is required. */
  string(name: string, fallback?: string): string {
    const value = this.get(name) ?? fallback;
    return typeof value === "string" ? value : this.refuse(name, "a string");
  }

  /** Token ids below `vocab`: a number, a list of numbers, or none. A missing field gives `fallback`, null gives none. */
  tokens(name: string, vocab: number, fallback: readonly number[]): number[] {
    const value = this.get(name);
    if (value === undefined) return this.isNull(name) ? [] : fallback.filter((id) => id < vocab);
    const ids: unknown[] = Array.isArray(value) ? value : [value];
    return ids.map((id) => {
      if (typeof id === "number" && Number.isSafeInteger(id) && id >= 0 && id < vocab) return id;
      return this.refuse(name, `token ids below vocab_size ${vocab}`);
    });
  }

  /** The object in a field, or undefined if it is missing or null. */
  object(name: string): ConfigFields | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : new ConfigFields(value, `${this.path}${name}.`);
  }
}
