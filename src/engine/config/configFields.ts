// Reads fields of config.json with the type that they should have. Every refusal names file and field, what was expected and what it got.
import { EngineError, showValue } from "../errors.ts";

const FILE = "config.json";
/** What to do about a field that no published model has like this. */
const USE_ORIGINAL = "Use the config.json that the model was published with.";

/** Largest count: sizes and ids are 32-bit integers on the GPU. Whether the weights have it is compared before anything is made of it. */
const MOST = 2 ** 31 - 1;
/** The smallest and largest positive numbers that float32 has at full precision: the kernels compute in it. */
const F32 = { min: 2 ** -126, max: 3.4028234663852886e38 };

/** Largest number of positions: float32 has all whole numbers up to here. No model has more than a tenth of it. */
const MOST_POSITIONS = 2 ** 24;

interface Bounds {
  min?: number;
  max?: number;
}

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
  private readonly asked = new Set<string>();
  /** What a user should know about the fields although the model opens: full sentences. */
  readonly notes: string[] = [];

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

  /** Whether something has read the field, there or missing. */
  isRead(name: string): boolean {
    return this.asked.has(name);
  }

  /** The raw value. Undefined if it is missing or null. */
  get(name: string): unknown {
    this.asked.add(name);
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
    this.asked.add(name);
    return Object.hasOwn(this.json, name) && this.json[name] === null;
  }

  private number(name: string, fallback: number | undefined, fits: (value: number) => boolean, kind: string): number {
    const got = this.get(name) ?? fallback;
    return typeof got === "number" && fits(got) ? got : this.refuse(name, kind, { got });
  }

  /** A count of at least one, and at most `most`. Without a fallback the field is required. */
  count(name: string, fallback?: number, most = MOST): number {
    const count = this.number(
      name,
      fallback,
      (value) => Number.isSafeInteger(value) && value > 0,
      "a positive integer",
    );
    return count <= most ? count : this.refuse(name, `at most ${most}`, { got: count });
  }

  /**
   * A finite number above zero, within bounds: by default any that float32 has. Without a fallback the field is required. Throws for null,
   * as transformers does.
   */
  positive(name: string, fallback?: number, { min = F32.min, max = F32.max }: Bounds = {}): number {
    if (this.isNull(name)) this.refuse(name, "a positive number", { got: null });
    const number = this.number(name, fallback, (value) => Number.isFinite(value) && value > 0, "a positive number");
    return number >= min && number <= max
      ? number
      : this.refuse(name, `a number from ${min} to ${max}`, { got: number });
  }

  /** The epsilon of a norm, which is added to a mean square or a variance. */
  epsilon(name: string, fallback?: number): number {
    return this.positive(name, fallback, { min: 1e-30, max: 1 });
  }

  /** A number of positions, which float32 counts exactly. */
  positions(name: string, fallback?: number): number {
    return this.count(name, fallback, MOST_POSITIONS);
  }

  /** Throws for null, as transformers does: older versions took it for false, whatever the default. */
  boolean(name: string, fallback: boolean): boolean {
    if (this.isNull(name)) this.refuse(name, "true or false", { got: null });
    const value = this.get(name) ?? fallback;
    return typeof value === "boolean" ? value : this.refuse(name, "true or false");
  }

  /** A text. Without a fallback the field is required. */
  string(name: string, fallback?: string): string {
    const value = this.get(name) ?? fallback;
    return typeof value === "string" ? value : this.refuse(name, "a string");
  }

  /**
   * Token ids below `vocab`: a number, a list of numbers, or none. A missing field gives `fallback`, null gives none. Ids outside the
   * vocabulary, such as -1 for none, are left out with a note: no text has them.
   */
  tokens(name: string, vocab: number, fallback: readonly number[]): number[] {
    const value = this.get(name);
    if (value === undefined) return this.isNull(name) ? [] : fallback.filter((id) => id < vocab);
    const ids = (Array.isArray(value) ? (value as unknown[]) : [value]).map((id) =>
      typeof id === "number" && Number.isSafeInteger(id) ? id : this.refuse(name, "whole numbers, the ids of tokens"),
    );
    const outside = ids.filter((id) => id < 0 || id >= vocab);
    if (outside.length > 0) {
      this.notes.push(
        `${FILE}: ${this.path}${name}: expected ids from 0 to ${vocab - 1}, got ${outside.join(", ")}. No token has this id, so it is ignored.`,
      );
    }
    return ids.filter((id) => !outside.includes(id));
  }

  /** The object in a field, or undefined if it is missing or null. */
  object(name: string): ConfigFields | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : new ConfigFields(value, `${this.path}${name}.`);
  }
}
