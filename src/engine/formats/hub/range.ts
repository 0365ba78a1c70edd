// Fetches one range of a file chunk by chunk; after a failure the next attempt resumes from the last byte.
import { EngineError } from "../../errors.ts";
import { answered, checkHead, checkType, HEAD_BYTES, headOf, type RemoteFile } from "./remoteFile.ts";
import { checkStatus, PassingFault, type Purpose, type Web, withTries } from "./web.ts";

/** A missing part of a file: bytes [at, end); `end` is null where the size is unknown. */
export interface Missing {
  at: number;
  end: number | null;
}

/** The file on the server is no longer the one with which the download began. */
export class FileChanged extends EngineError {
  readonly file: string;

  constructor(file: string, message: string) {
    super("network", `${message} The file changes while it is fetched: try again later.`, { file });
    this.file = file;
  }
}

interface RangeRequest {
  file: RemoteFile;
  /** `at` advances as bytes arrive. */
  range: Missing;
  /** Gets the bytes in order, with their position in the file. */
  write: (at: number, chunk: Uint8Array) => void;
}

/**
 * Fetches a range. Throws as withTries does, FileChanged, and "network" where the answer is not this file or contradicts its size.
 */
export function fetchRange(web: Web, purpose: Purpose, request: RangeRequest): Promise<void> {
  const { what } = purpose;
  const { file, range } = request;
  return withTries(web, purpose, async (signal, alive) => {
    if (range.end !== null && range.at >= range.end) return;
    // the end is left open where the file should end: more bytes than that show that its size was wrong
    const last = range.end === null || range.end === file.size ? "" : range.end - 1;
    const headers = { Range: `bytes=${range.at}-${last}` };
    // the browser's own cache would store the model a second time
    const response = await web.fetch(file.url, { headers, signal, cache: "no-store" });
    alive();
    if (response.status === 416)
      throw new FileChanged(file.name, `${what}: expected bytes from ${range.at} on, got status 416.`);
    checkStatus(response, purpose);
    checkType(response, what);
    checkAnswer(response, what, request);
    await readBody(response, { ...request, what, alive });
  });
}

function checkAnswer(response: Response, what: string, { file, range }: RangeRequest): void {
  const { version, total, from } = answered(response);
  if (!file.pinned && file.version !== undefined && version !== undefined && version !== file.version)
    throw new FileChanged(file.name, `${what}: version: expected ${file.version}, got ${version}.`);
  if (file.size !== undefined && total !== undefined && total !== file.size) {
    const message = `${what}: size: expected ${file.size} bytes, got ${total}.`;
    if (!file.pinned) throw new FileChanged(file.name, message);
    throw new EngineError("network", `${message} The hub's list and its files disagree: try again later.`, {
      file: file.name,
      size: file.size,
      total,
    });
  }
  if (response.status === 206 && !Number.isNaN(from) && from !== range.at)
    throw new EngineError(
      "network",
      `${what}: expected bytes from ${range.at} on, got those from ${from} on. The server answers ranges wrongly: use another source.`,
    );
}

interface BodyRequest extends RangeRequest {
  /** How errors refer to the file. */
  what: string;
  /** Called whenever bytes arrive. */
  alive: () => void;
}

async function readBody(response: Response, { file, range, write, what, alive }: BodyRequest): Promise<void> {
  // a server without ranges sends the file from its beginning
  let skip = response.status === 206 ? 0 : range.at;
  const end = range.end ?? answered(response).total ?? null;
  const continues = response.status === 200 && end !== null && file.size !== undefined && end < file.size;
  let head: Uint8Array = new Uint8Array(0);
  const reader = (response.body ?? new Blob([]).stream()).getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      alive();
      const skipped = Math.min(skip, part.value.length);
      skip -= skipped;
      let chunk = part.value.subarray(skipped);
      if (chunk.length === 0) continue;
      if (end !== null && chunk.length > end - range.at) {
        if (!continues)
          throw new EngineError(
            "network",
            `${what}: expected ${end} bytes, got more. The server contradicts itself: use another source.`,
          );
        chunk = chunk.subarray(0, end - range.at);
      }
      if (range.at === head.length && head.length < HEAD_BYTES) {
        head = headOf(head, chunk);
        checkHead(head, file.name, what);
      }
      write(range.at, chunk);
      range.at += chunk.length;
      if (continues && range.at === end) return;
    }
  } finally {
    // closes the connection where the server would send more
    await reader.cancel().catch(() => undefined);
  }
  if (skip > 0)
    throw new FileChanged(file.name, `${what}: size: expected at least the ${range.at} bytes that arrived, got fewer.`);
  if (end !== null && range.at < end) throw new PassingFault(`the connection ended after ${range.at} of ${end} bytes`);
  range.end ??= range.at;
}
