// The program's one error class: a code, and a message that says what was expected, what was found and what to do.

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

export class EngineError extends Error {
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message);
    this.name = "EngineError";
    this.code = code;
    this.detail = detail;
  }

  toPlain(): PlainError {
    return { code: this.code, message: this.message, detail: this.detail };
  }

  /** The EngineError of anything thrown: itself, or a "bug" with the same message. */
  static from(error: unknown): EngineError {
    if (error instanceof EngineError) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new EngineError("bug", message, error instanceof Error && error.stack ? { stack: error.stack } : {});
  }

  static fromPlain(plain: PlainError): EngineError {
    return new EngineError(plain.code, plain.message, plain.detail);
  }
}

/** Throws EngineError(code) unless `condition` is true. Pass `message` as a function if building it is expensive. */
export function invariant(
  condition: unknown,
  code: ErrorCode,
  message: string | (() => string),
  detail: ErrorDetail = {},
): asserts condition {
  if (!condition) throw new EngineError(code, typeof message === "string" ? message : message(), detail);
}

/** A value as JSON, cut to a length that fits a message. */
export function showValue(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
