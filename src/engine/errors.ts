// The one error class of the program: a code as data, and a message that says what was expected, what came and what to do.

/** What went wrong, as data; the page chooses its message and remedy by this code. */
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

/** Numbers and names behind a message; plain data, so that it crosses a worker boundary whole. */
export type ErrorDetail = Record<string, string | number | boolean | readonly (string | number)[]>;

/** The form in which an error crosses the worker boundary. */
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

  /** Wraps anything thrown: an EngineError stays itself, everything else is a "bug". */
  static from(error: unknown): EngineError {
    if (error instanceof EngineError) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new EngineError("bug", message, error instanceof Error && error.stack ? { stack: error.stack } : {});
  }

  static fromPlain(plain: PlainError): EngineError {
    return new EngineError(plain.code, plain.message, plain.detail);
  }
}

/** Throws EngineError(code) unless `condition` holds. `message` may be a function where building it costs something. */
export function invariant(
  condition: unknown,
  code: ErrorCode,
  message: string | (() => string),
  detail: ErrorDetail = {},
): asserts condition {
  if (!condition) throw new EngineError(code, typeof message === "string" ? message : message(), detail);
}

/** A value as it came, short enough for a message. */
export function showValue(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
