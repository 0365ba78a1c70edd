// Reads parsed JSON from outside field by field, with the type and range that each should have; a refusal names the field and what came.
import { EngineError } from "../errors.ts";

interface NumberRange {
  min?: number;
  max?: number;
  whole?: boolean;
}

/** One value of a parsed file, with its path ("receipt.json: perplexity[0].dense"). */
export class JsonField {
  /** What to do about a field that is refused, in full sentences. */
  private readonly advice: string;
  readonly value: unknown;
  private readonly file: string;
  private readonly path: string;

  constructor(value: unknown, file: string, path = "", advice = "") {
    this.value = value;
    this.file = file;
    this.path = path;
    this.advice = advice;
  }

  /** Throws "format" about this field. */
  refuse(expected: string, advice = this.advice): never {
    const came = this.value === undefined ? "nothing" : JSON.stringify(this.value);
    const shown = came.length > 60 ? `${came.slice(0, 57)}...` : came;
    const message = `${this.file}: ${this.path || "file"}: expected ${expected}, got ${shown}`;
    const detail = { file: this.file, field: this.path };
    throw new EngineError("format", advice === "" ? message : `${message}. ${advice}`, detail);
  }

  /** The field of an object; it may be missing, which the next call refuses. */
  get(name: string): JsonField {
    const { value } = this;
    if (typeof value !== "object" || value === null || Array.isArray(value)) this.refuse("an object");
    const inner: unknown = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    return new JsonField(inner, this.file, this.path ? `${this.path}.${name}` : name, this.advice);
  }

  /** The elements of a list, of exactly `length` if given. */
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
    const range = min > -Infinity || max < Infinity ? ` from ${min} to ${max}` : "";
    if (typeof value !== "number" || !Number.isFinite(value) || value < min || value > max) {
      return this.refuse(kind + range);
    }
    return !whole || Number.isSafeInteger(value) ? value : this.refuse(kind + range);
  }

  count(max = Number.MAX_SAFE_INTEGER): number {
    return this.number({ min: 0, max, whole: true });
  }
}
