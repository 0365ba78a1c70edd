// Reads named fields of a JSON object with the type that they should have; every refusal names file, field and what came.
import { EngineError, showValue } from "../errors.ts";

/** A view of one object of config.json; `path` stands in front of the names in messages ("rope_scaling."). */
export class ConfigFields {
  private readonly json: Readonly<Record<string, unknown>>;
  private readonly path: string;

  constructor(json: unknown, path = "") {
    if (typeof json !== "object" || json === null || Array.isArray(json)) {
      const what = path === "" ? "" : `${path.replace(/\.$/, "")}: `;
      throw new EngineError("config", `config.json: ${what}expected an object, got ${showValue(json)}`);
    }
    this.json = json as Record<string, unknown>;
    this.path = path;
  }

  /** Throws "config" about the field `name`. */
  refuse(name: string, problem: string): never {
    throw new EngineError("config", `config.json: ${this.path}${name}: ${problem}`, { field: this.path + name });
  }

  /** The raw value; undefined where it is missing or null, which transformers treats alike. */
  get(name: string): unknown {
    return Object.hasOwn(this.json, name) ? (this.json[name] ?? undefined) : undefined;
  }

  /** Whether the field is there and null, as distinct from missing. */
  isNull(name: string): boolean {
    return Object.hasOwn(this.json, name) && this.json[name] === null;
  }

  private number(name: string, fallback: number | undefined, fits: (value: number) => boolean, kind: string): number {
    const value = this.get(name) ?? fallback;
    if (typeof value === "number" && fits(value)) return value;
    return this.refuse(
      name,
      value === undefined ? `missing; expected ${kind}` : `expected ${kind}, got ${showValue(value)}`,
    );
  }

  /** A count of at least one. Without a fallback the field is required. */
  count(name: string, fallback?: number): number {
    return this.number(name, fallback, (value) => Number.isSafeInteger(value) && value > 0, "a positive integer");
  }

  /** A finite number above zero. */
  positive(name: string, fallback?: number): number {
    return this.number(name, fallback, (value) => Number.isFinite(value) && value > 0, "a positive number");
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.get(name) ?? fallback;
    return typeof value === "boolean" ? value : this.refuse(name, `expected true or false, got ${showValue(value)}`);
  }

  string(name: string, fallback?: string): string {
    const value = this.get(name) ?? fallback;
    if (typeof value === "string") return value;
    return this.refuse(
      name,
      value === undefined ? "missing; expected a string" : `expected a string, got ${showValue(value)}`,
    );
  }

  /** Token ids below `vocab`: a number, a list of numbers, or none. Missing gives `fallback`, null gives none. */
  tokens(name: string, vocab: number, fallback: readonly number[]): number[] {
    const value = this.get(name);
    if (value === undefined) return this.isNull(name) ? [] : fallback.filter((id) => id < vocab);
    const ids: unknown[] = Array.isArray(value) ? value : [value];
    return ids.map((id) => {
      if (typeof id === "number" && Number.isSafeInteger(id) && id >= 0 && id < vocab) return id;
      return this.refuse(name, `expected token ids below vocab_size ${vocab}, got ${showValue(value)}`);
    });
  }

  /** The object in a field, or undefined where it is missing or null. */
  object(name: string): ConfigFields | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : new ConfigFields(value, `${this.path}${name}.`);
  }
}
