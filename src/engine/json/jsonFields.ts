// Reads parsed JSON from outside, field by field, with the type and range that each must have. Errors name the file, the field and its value.
import { sentence, shortened } from "../../shared/format.ts";
import { EngineError, showValue } from "../errors.ts";

/** Bounds are included. Default: any finite number. */
interface NumberRange {
  min?: number;
  max?: number;
  whole?: boolean;
}

/** Characters of a path in a message: keys may be of any length. */
const LONGEST_PATH = 200;

/** One value of a parsed file, with its path ("receipt.json: perplexity[0].dense"). */
export class JsonField {
  /** What to do about a field that is refused, in full sentences. */
  private readonly advice: string;
  readonly value: unknown;
  private readonly file: string;
  readonly path: string;

  constructor(value: unknown, file: string, path = "", advice = "") {
    this.value = value;
    this.file = file;
    this.path = path;
    this.advice = advice;
  }

  /** Throws "format" about this field. */
  refuse(expected: string, advice = this.advice): never {
    const place = shortened(this.path || "file", LONGEST_PATH);
    const message = `${this.file}: ${place}: expected ${expected}, got ${showValue(this.value)}`;
    const detail = { file: this.file, field: this.path };
    throw new EngineError("format", advice === "" ? message : `${message}. ${advice}`, detail);
  }

  /**
   * Runs a check of what this object contains. A "config" error of the check, which names a field of the object, gets this field's path
   * before and the advice after its message.
   */
  checked<T>(check: () => T): T {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== "config") throw error;
      const message = sentence(`${this.file}: ${this.path}.${error.message}`);
      throw new EngineError(error.code, this.advice === "" ? message : `${message} ${this.advice}`, error.detail);
    }
  }

  /** A field of this object. If it is missing, reading its value throws. */
  get(name: string): JsonField {
    const { value } = this;
    if (typeof value !== "object" || value === null || Array.isArray(value)) this.refuse("an object");
    const inner: unknown = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    return new JsonField(inner, this.file, this.path ? `${this.path}.${name}` : name, this.advice);
  }

  /** The fields of this object, in their order. */
  entries(): [string, JsonField][] {
    const { value } = this;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return this.refuse("an object");
    return Object.keys(value).map((name) => [name, this.get(name)]);
  }

  /** The elements of this list, which must have `length` of them if given. */
  list(length?: number): JsonField[] {
    const { value } = this;
    if (!Array.isArray(value)) return this.refuse("a list");
    if (length !== undefined && value.length !== length) this.refuse(`a list of ${length}`);
    return value.map((inner: unknown, i) => new JsonField(inner, this.file, `${this.path}[${i}]`, this.advice));
  }

  text(): string {
    return typeof this.value === "string" ? this.value : this.refuse("text");
  }

  flag(): boolean {
    return typeof this.value === "boolean" ? this.value : this.refuse("true or false");
  }

  oneOf<T extends string | number>(choices: readonly T[]): T {
    return choices.find((choice) => choice === this.value) ?? this.refuse(`one of ${choices.join(", ")}`);
  }

  number({ min = -Infinity, max = Infinity, whole = false }: NumberRange = {}): number {
    const { value } = this;
    const kind = whole ? "a whole number" : "a number";
    const allowed = whole ? Number.isSafeInteger(value) : Number.isFinite(value);
    if (typeof value === "number" && allowed && value >= min && value <= max) return value;
    return this.refuse(kind + rangeText(min, max));
  }

  /** A whole number from 0 to `max`. */
  count(max = Number.MAX_SAFE_INTEGER): number {
    return this.number({ min: 0, max, whole: true });
  }
}

/** " from 1 to 5", " of at least 1", " of at most 5" or nothing; bounds beyond the safe integers say nothing to a reader. */
function rangeText(min: number, max: number): string {
  const bounded = { below: min > Number.MIN_SAFE_INTEGER, above: max < Number.MAX_SAFE_INTEGER };
  if (bounded.below && bounded.above) return ` from ${min} to ${max}`;
  if (bounded.below) return ` of at least ${min}`;
  return bounded.above ? ` of at most ${max}` : "";
}
