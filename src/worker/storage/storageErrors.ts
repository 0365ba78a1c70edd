// Errors of the browser's file systems, turned into errors that say what happened and what to do.
import { EngineError } from "../../engine/index.ts";

/** Space for a file. */
export interface Room {
  neededBytes: number;
  freeBytes: number;
}

/** What to do about each DOMException, by its name. In some browsers a write to a full disk ends as an AbortError. */
const REMEDIES: Readonly<Record<string, string>> = {
  QuotaExceededError:
    "The browser's storage for this page is full: free disk space, or delete cached models in the library, and try again.",
  AbortError:
    "The disk or the browser's storage for this page is full, or the browser stopped the write: free disk space and try again.",
  NotAllowedError:
    "The browser has no permission to write there, or has lost it: choose the folder again and allow changes, or save a zip.",
  SecurityError: "The browser does not allow writing there: choose another folder, or save a zip.",
  NotFoundError: "The folder was moved or deleted: choose it again.",
  NoModificationAllowedError: "Another program or tab has the file open: close it there and try again.",
  InvalidModificationError:
    "A file has the name of a folder that is needed, or the other way round: choose another folder.",
  TypeMismatchError: "A file has the name of a folder that is needed, or the other way round: choose another folder.",
};
/** Names that mean that the disk or the page's quota is full. */
const FULL: readonly string[] = ["QuotaExceededError", "AbortError"];
const OTHER = "Private windows and some settings block storage: use a normal window and try again.";

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/**
 * A "storage" error for what a file system threw; an EngineError is returned as it is. what: what was being done, as a subject ("Writing
 * x"); kept: a sentence on what was not lost; room: added where the disk is full.
 */
export function storageError(what: string, error: unknown, kept: string, room?: Room): EngineError {
  if (error instanceof EngineError) return error;
  const name = error instanceof Error ? error.name : "unknown";
  const numbers = room && FULL.includes(name) ? ` ${roomText(room)}` : "";
  return new EngineError("storage", `${what} failed (${name}).${numbers} ${REMEDIES[name] ?? OTHER} ${kept}`, {
    name,
    ...room,
  });
}

/** A "storage" error for a file that would not fit, thrown before anything is written. */
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
