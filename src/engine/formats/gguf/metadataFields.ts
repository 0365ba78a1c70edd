// The metadata of a GGUF file by key, with errors that name file and key.
import { type EngineError, showValue } from "../../errors.ts";
import { JsonField } from "../../json/jsonFields.ts";
import { CHOOSE_ANOTHER, readError, WRITE_AGAIN } from "../files/readError.ts";
import type { GgufHeader } from "./header.ts";

/** The shortest decimal that rounds to a number stored as f32. */
export function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}

/** The metadata by key, with errors that name the file and the key. */
export class MetadataFields {
  private readonly root: JsonField;

  constructor(
    readonly file: string,
    private readonly header: Omit<GgufHeader, "metadataEnd">,
  ) {
    this.root = new JsonField(Object.fromEntries(header.metadata), file, "", WRITE_AGAIN);
  }

  has(key: string): boolean {
    return this.header.metadata.has(key);
  }

  keys(): string[] {
    return [...this.header.metadata.keys()];
  }

  get(key: string): JsonField {
    return this.root.get(key);
  }

  /** A count of at least one. The file may have a list with one number per block; it is refused unless they are all equal. */
  size(key: string): number {
    const field = this.get(key);
    const { value } = field;
    if (!Array.isArray(value)) return field.number({ min: 1, whole: true });
    const [first] = value as unknown[];
    if (value.some((one) => one !== first)) field.refuse("the same number for every block");
    return field.list()[0]?.number({ min: 1, whole: true }) ?? field.refuse("a number");
  }

  /** The shortest decimal that rounds to a number stored as f32: 1e-5, not 0.00000999999974. */
  decimal(key: string, fallback?: number): number {
    if (!this.has(key) && fallback !== undefined) return fallback;
    return shortest(this.get(key).number());
  }

  text(key: string): string | undefined {
    return this.has(key) ? this.get(key).text() : undefined;
  }

  /** A list of strings. */
  texts(key: string): readonly string[] {
    const field = this.get(key);
    const { value } = field;
    const texts = Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
    return Array.isArray(value) && texts.length === value.length ? texts : field.refuse("a list of strings");
  }

  /** A list of exactly `length` numbers. */
  numbers(key: string, length: number): readonly number[] {
    const field = this.get(key);
    const { value } = field;
    const found = Array.isArray(value) ? value.filter((one) => typeof one === "number") : [];
    return found.length === length ? found : field.refuse(`a list of ${length} numbers`);
  }

  /** A token id, if the file has the key. */
  token(key: string): number | undefined {
    return this.has(key) ? this.get(key).count() : undefined;
  }

  /** The error "unsupported" about the value of a key. */
  unsupported(key: string, supported: string): EngineError {
    return readError({
      file: this.file,
      field: key,
      expected: supported,
      got: showValue(this.get(key).value),
      advice: CHOOSE_ANOTHER,
      code: "unsupported",
    });
  }
}
