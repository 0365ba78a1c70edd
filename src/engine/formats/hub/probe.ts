// Requests the first bytes of a file from a plain server, to learn whether it exists, its size and version, and whether ranges work.
import { EngineError } from "../../errors.ts";
import { answered, checkHead, checkType, HEAD_BYTES, headOf, type RemoteFile, statedLength } from "./remoteFile.ts";
import { checkStatus, type Purpose, type Web, withTries } from "./web.ts";

type Target = Pick<RemoteFile, "name" | "url">;

export async function probe(web: Web, purpose: Purpose, target: Target): Promise<RemoteFile>;
export async function probe(
  web: Web,
  purpose: Purpose,
  target: Target,
  optional: true,
): Promise<RemoteFile | undefined>;
/**
 * What the server reports about a file. Throws "network" where the file is missing or refused, or a web page is sent instead (servers
 * of single-page sites answer every address with one). An optional file is undefined in these cases.
 */
export async function probe(
  web: Web,
  purpose: Purpose,
  target: Target,
  optional = false,
): Promise<RemoteFile | undefined> {
  try {
    return await withTries(web, purpose, async (signal, alive) => {
      const headers = { Range: `bytes=0-${HEAD_BYTES - 1}` };
      const response = await web.fetch(target.url, { headers, signal, cache: "no-store" });
      alive();
      checkStatus(response, purpose);
      checkType(response, purpose.what);
      await checkFirstBytes(response, target.name, purpose.what);
      const { version, total } = answered(response);
      const ranges = response.status === 206;
      // a server of another origin may expose its length but not Content-Range
      const size = total ?? (ranges ? await lengthOf(web, target.url, signal) : undefined);
      return {
        ...target,
        ...(size === undefined ? {} : { size }),
        ...(version === undefined ? {} : { version }),
        pinned: false,
        ranges,
      };
    });
  } catch (error) {
    const absent =
      optional && error instanceof EngineError && error.code === "network" && error.detail["tries"] === undefined;
    if (absent) return undefined;
    throw error;
  }
}

async function checkFirstBytes(response: Response, name: string, what: string): Promise<void> {
  const reader = (response.body ?? new Blob([]).stream()).getReader();
  let head: Uint8Array = new Uint8Array(0);
  try {
    for (let part = await reader.read(); !part.done && head.length < HEAD_BYTES; part = await reader.read())
      head = headOf(head, part.value);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  if (head.length === 0)
    throw new EngineError("network", `${what}: expected a file, got an empty one. Use another source.`);
  checkHead(head, name, what);
}

/**
 * The length that a HEAD reports; undefined where none comes. A request for a range, here for the whole file, asks for bytes that are not
 * compressed: without it the length is that of the compressed file, and the header that says so is hidden from other origins.
 */
async function lengthOf(web: Web, url: string, signal: AbortSignal): Promise<number | undefined> {
  const init = { method: "HEAD", headers: { Range: "bytes=0-" }, signal, cache: "no-store" } as const;
  const response = await web.fetch(url, init).catch((error: unknown) => {
    if (signal.aborted || error instanceof EngineError) throw error;
    return undefined;
  });
  return response?.ok ? statedLength(response) : undefined;
}
