// Files that come with the page: fetched with a limit for stalls, and compared with the hash that the program knows.
import { DOWNLOAD_LIMITS, EngineError, failureReason, sha256, stallWatch } from "../../engine/index.ts";

/** The path of the folder with index.html. The worker's own file may be in a folder below it. */
function basePath(): string {
  return self.location.pathname.replace(/(assets|src\/worker)\/[^/]*$/, "");
}

interface OwnFileOptions {
  /** Begins the sentence of an error: "The text sotu-held.txt". */
  what: string;
  /** What to do about an error, as full sentences. */
  advice: string;
  sha256: string;
  signal?: AbortSignal;
  /** Bytes so far, and in total where the server says so. */
  onBytes?: (done: number, of: number) => void;
  /** A connection without data for this long is abandoned. */
  stallMs?: number;
}

/**
 * The bytes of a file, whose path is relative to the page. Throws "network" where it cannot be fetched, "format" where it is not the file
 * that the program expects (some servers answer a missing file with a page), "cancelled".
 */
export async function fetchOwnFile(path: string, options: OwnFileOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { what, advice, signal, stallMs = DOWNLOAD_LIMITS.stallMs } = options;
  const stalled = stallWatch(stallMs);
  try {
    const url = new URL(path, self.location.origin + basePath());
    const response = await fetch(url, { signal: AbortSignal.any([stalled.signal, ...(signal ? [signal] : [])]) });
    if (!response.ok || !response.body)
      throw new EngineError("network", `${what} could not be loaded (HTTP status ${response.status}). ${advice}`);
    const bytes = await readAll(response, response.body, options, stalled.alive);
    const found = await sha256(bytes);
    if (found === options.sha256) return bytes;
    const got = /html/.test(response.headers.get("Content-Type") ?? "") ? "a web page" : `SHA-256 ${found}`;
    throw new EngineError("format", `${what}: expected SHA-256 ${options.sha256}, got ${got}. ${advice}`);
  } catch (error) {
    if (error instanceof EngineError) throw error;
    if (signal?.aborted) throw new EngineError("cancelled", `${what} was not loaded: it was cancelled.`);
    const reason = failureReason(error, stalled.signal, stallMs);
    throw new EngineError("network", `${what} could not be loaded: ${reason}. ${advice}`);
  } finally {
    stalled.end();
  }
}

async function readAll(
  response: Response,
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  { onBytes }: OwnFileOptions,
  alive: () => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const size = Number(response.headers.get("Content-Length") ?? 0);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let done = 0;
  const reader = body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    alive();
    chunks.push(part.value);
    done += part.value.byteLength;
    onBytes?.(done, Math.max(size, done));
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
