// One range of a file, fetched chunk by chunk; a try that fails is followed by one that goes on from the last byte.
import { EngineError } from "../../errors.ts";
import { answered, checkHead, checkType, HEAD_BYTES, headOf, type RemoteFile } from "./remoteFile.ts";
import { checkStatus, PassingFault, type Purpose, type Web, withTries } from "./web.ts";

/** What is still missing of a part of a file: bytes [at, end); `end` is null where nobody knows the size. */
export interface Missing {
  at: number;
  end: number | null;
}

/** The file on the server is not the one that the download began with. */
export class FileChanged extends EngineError {
  readonly file: string;

  constructor(file: string, message: string) {
    super("network", `${message} It changes while it is fetched; try again when the server is done with it.`, { file });
    this.file = file;
  }
}

/**
 * Fetches a range; `write(at, chunk)` gets its bytes in order, and `range.at` moves along. Throws what withTries throws, FileChanged,
 * and "network" where the answer is not this file or contradicts its size.
 */
export function fetchRange(
  web: Web,
  purpose: Purpose,
  file: RemoteFile,
  range: Missing,
  write: (at: number, chunk: Uint8Array) => void,
): Promise<void> {
  return withTries(web, purpose, async (signal, alive) => {
    if (range.end !== null && range.at >= range.end) return;
    const last = range.end === null ? "" : range.end - 1;
    const headers = { Range: `bytes=${range.at}-${last}` };
    // the browser's own cache would hold the model a second time
    const response = await web.fetch(file.url, { headers, signal, cache: "no-store" });
    alive();
    if (response.status === 416)
      throw new FileChanged(file.name, `${purpose.what} has no bytes from ${range.at} on (the server answered 416).`);
    checkStatus(response, purpose);
    checkType(response, purpose.what);
    checkAnswer(response, purpose.what, file, range);
    await readBody(response, purpose.what, file, range, write, alive);
  });
}

function checkAnswer(response: Response, what: string, file: RemoteFile, range: Missing): void {
  const { version, total, from } = answered(response);
  if (!file.pinned && file.version !== undefined && version !== undefined && version !== file.version)
    throw new FileChanged(file.name, `${what} was ${file.version} and is now ${version}.`);
  if (file.size !== undefined && total !== undefined && total !== file.size) {
    const message = `${what} should have ${file.size} bytes; the server says ${total}.`;
    if (!file.pinned) throw new FileChanged(file.name, message);
    throw new EngineError("network", `${message} Its list and its files disagree: try again later.`, {
      file: file.name,
      size: file.size,
      total,
    });
  }
  if (response.status === 206 && !Number.isNaN(from) && from !== range.at)
    throw new EngineError(
      "network",
      `${what}: bytes from ${range.at} were asked for, those from ${from} came. The server cannot be used.`,
    );
}

async function readBody(
  response: Response,
  what: string,
  file: RemoteFile,
  range: Missing,
  write: (at: number, chunk: Uint8Array) => void,
  alive: () => void,
): Promise<void> {
  // a server without ranges sends the file from its beginning
  let skip = response.status === 206 ? 0 : range.at;
  const end = range.end ?? answered(response).total ?? null;
  const more = response.status === 200 && end !== null && file.size !== undefined && end < file.size;
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
        if (!more)
          throw new EngineError(
            "network",
            `${what}: ${end} bytes were promised, and more came. The server contradicts itself; try another source.`,
          );
        chunk = chunk.subarray(0, end - range.at);
      }
      if (range.at === head.length && head.length < HEAD_BYTES) {
        head = headOf(head, chunk);
        checkHead(head, file.name, what);
      }
      write(range.at, chunk);
      range.at += chunk.length;
      if (more && range.at === end) return;
    }
  } finally {
    // ends the connection where more would come
    await reader.cancel().catch(() => undefined);
  }
  if (skip > 0) throw new FileChanged(file.name, `${what} has fewer bytes than the ${range.at} that have arrived.`);
  if (end !== null && range.at < end) throw new PassingFault(`the connection ended after ${range.at} of ${end} bytes`);
  range.end ??= range.at;
}
