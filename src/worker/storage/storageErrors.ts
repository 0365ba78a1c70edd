// What the browser's file systems throw, as errors that say what happened and what to do.
import { EngineError } from "../../engine/index.ts";

/** Room that was needed and that there was, in bytes. */
export interface Room {
  neededBytes: number;
  freeBytes: number;
}

/** Names of DOMExceptions, and what to do about each. A write that finds no room ends as an AbortError in some browsers. */
const REMEDIES: Readonly<Record<string, string>> = {
  QuotaExceededError:
    "The browser's storage for this page is full: free disk space, or clear this page's data in the browser's settings, and try again.",
  AbortError:
    "The disk or the browser's storage for this page is full, or the browser stopped the write: free disk space and try again.",
  NotAllowedError:
    "The browser may not, or may no longer, write there: choose the folder again and allow changes, or save a zip.",
  SecurityError: "The browser forbids writing there: choose another folder, or save a zip.",
  NotFoundError: "The folder was moved or deleted: choose it again.",
  NoModificationAllowedError: "Another program or tab holds the file open: close it there and try again.",
  InvalidModificationError: "A file stands where a folder is needed, or the other way round: choose another folder.",
  TypeMismatchError: "A file stands where a folder is needed, or the other way round: choose another folder.",
};
/** Errors that mean that there was no room. */
const FULL: readonly string[] = ["QuotaExceededError", "AbortError"];
const OTHER = "Private windows and some settings forbid storage: use a normal window and try again.";

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** "storage" for what a file system threw while it did `what`; an EngineError stays what it is. */
export function storageError(what: string, error: unknown, kept: string, room?: Room): EngineError {
  if (error instanceof EngineError) return error;
  const name = error instanceof Error ? error.name : "unknown";
  const numbers = room && FULL.includes(name) ? ` ${roomText(room)}` : "";
  return new EngineError("storage", `${what} failed (${name}).${numbers} ${REMEDIES[name] ?? OTHER} ${kept}`, {
    name,
    ...room,
  });
}

/** "storage" for what would not fit, before anything of it is written. */
export function noRoom(what: string, room: Room): EngineError {
  return new EngineError(
    "storage",
    `${what} does not fit (QuotaExceededError). ${roomText(room)} ${REMEDIES["QuotaExceededError"] ?? ""} Nothing was written, and nothing on the screen is lost.`,
    { name: "QuotaExceededError", ...room },
  );
}

function roomText({ neededBytes, freeBytes }: Room): string {
  return `It needs ${megabytes(neededBytes)}, and there is room for ${megabytes(freeBytes)}.`;
}
