// The program's one error class: a code, and a message that says what was expected, what was found and what to do.
import { shortened } from "../shared/format.ts";

/** The kind of error. The page chooses its heading and remedy by it. */
export type ErrorCode =
  | "no-webgpu"
  | "limit"
  | "out-of-memory"
  | "device-lost"
  | "shape"
  | "shader"
  | "format"
  | "config"
  | "unsupported"
  | "not-finite"
  | "storage"
  | "network"
  | "cancelled"
  | "bug";

/** The numbers and names of a message, as plain data that can be posted to another thread. */
export type ErrorDetail = Record<string, string | number | boolean | readonly (string | number)[]>;

/** An error as plain data, for posting to another thread. */
export interface PlainError {
  code: ErrorCode;
  message: string;
  detail: ErrorDetail;
}

/** Names from files may be megabytes long: a message keeps its beginning, and its end, which says what to do. */
const MOST_CHARACTERS = 4000;

const PAGE = { of: "page" } as const;

/** What Chromium, Safari and Firefox throw where an array finds no memory in the page, in this order. */
const NO_PAGE_MEMORY = /^(array buffer allocation failed|out of memory|allocation size overflow)/i;

export class EngineError extends Error {
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(shortened(message, MOST_CHARACTERS));
    this.name = "EngineError";
    this.code = code;
    this.detail = detail;
  }

  toPlain(): PlainError {
    return { code: this.code, message: this.message, detail: this.detail };
  }

  /** The EngineError of anything thrown: itself, "out-of-memory" where the page has none left, or a "bug" with the same message. */
  static from(error: unknown): EngineError {
    if (error instanceof EngineError) return error;
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof Error && NO_PAGE_MEMORY.test(message))
      return new EngineError("out-of-memory", `The browser has no memory left for this page (${message}).`, PAGE);
    return new EngineError("bug", message, error instanceof Error && error.stack ? { stack: error.stack } : {});
  }

  static fromPlain(plain: PlainError): EngineError {
    return new EngineError(plain.code, plain.message, plain.detail);
  }
}

/** Whether the GPU had no memory, which a smaller plan may mend, and not the page. */
export const isGpuMemory = ({ code, detail }: PlainError): boolean =>
  code === "out-of-memory" && detail["of"] !== PAGE.of;

/** Throws EngineError(code) unless `condition` is true. Pass `message` as a function if building it is expensive. */
export function invariant(
  condition: unknown,
  code: ErrorCode,
  message: string | (() => string),
  detail: ErrorDetail = {},
): asserts condition {
  if (!condition) throw new EngineError(code, typeof message === "string" ? message : message(), detail);
}

/** Characters of a value in a message. */
const SHOWN = 60;
/** Characters that would change the line: controls, line separators, marks that turn the direction of the text. */
const UNPRINTABLE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A value as JSON, cut to a length that fits a message. Of a large or deep value only what is shown is looked at. */
export function showValue(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = written(value, SHOWN + 1).replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 3)}...` : text;
}

/** The first `room` characters, or a few more, of a value as JSON. */
function written(value: unknown, room: number): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, room));
  if (typeof value !== "object" || value === null) return String(value);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  let out = open ?? "";
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    if (out.length > 1) out += ",";
    if (open === "{") out += `${JSON.stringify(key.slice(0, room))}:`;
    if (out.length >= room) return out;
    out += written((value as Record<string, unknown>)[key], room - out.length);
  }
  return out + (close ?? "");
}
