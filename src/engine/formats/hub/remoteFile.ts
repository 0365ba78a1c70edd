// A file on a server, and whether what comes in its place can be it: a web page, or a pointer of Git LFS, is not a model.
import { EngineError, invariant } from "../../errors.ts";

export interface RemoteFile {
  /** In the model's folder. */
  readonly name: string;
  readonly url: string;
  /** Bytes; undefined where the server does not say. */
  readonly size?: number;
  /** Of the whole file, where the source states it. */
  readonly sha256?: string;
  /** Changes when the file does: the hub's object id, or a server's ETag or date. */
  readonly version?: string;
  /** The address names one version for good, so that answers need no comparison with `version`. */
  readonly pinned: boolean;
  /** The server answers with parts of it. */
  readonly ranges: boolean;
}

/** Bytes that tell what a file is. */
export const HEAD_BYTES = 64;

/** What a server says about itself and the file, where the browser lets the page see it. */
export function answered(response: Response): { version: string | undefined; total: number | undefined; from: number } {
  const { headers, status } = response;
  const version = headers.get("ETag") ?? headers.get("Last-Modified") ?? undefined;
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get("Content-Range") ?? "");
  const length = headers.get("Content-Length");
  if (status === 206) return { version, total: range ? Number(range[2]) : undefined, from: Number(range?.[1] ?? NaN) };
  return { version, total: length === null ? undefined : Number(length), from: 0 };
}

const notTheFile = (what: string, came: string, advice: string): EngineError =>
  new EngineError("network", `${what}: ${came} came instead of the file. ${advice} Nothing of it was kept.`, { what });

const PAGE_ADVICE =
  "It may be a page that asks to sign in, a network's own page, or the address of a page and not of a folder: open it in the browser and look.";

/** Throws "network" where the server calls its answer a web page. */
export function checkType(response: Response, what: string): void {
  const type = response.headers.get("Content-Type") ?? "";
  if (/^(text\/html|application\/xhtml)/i.test(type)) throw notTheFile(what, `a web page (${type})`, PAGE_ADVICE);
}

/** Throws "network" where the first bytes (up to HEAD_BYTES) are those of something else than a file of this name. */
export function checkHead(head: Uint8Array, name: string, what: string): void {
  const text = new TextDecoder("latin1").decode(head.subarray(0, HEAD_BYTES));
  if (/^\s*<(!doctype|html|head|body|\?xml)/i.test(text) && !/\.md$/i.test(name))
    throw notTheFile(what, "a web page", PAGE_ADVICE);
  if (text.startsWith("version https://git-lfs"))
    throw notTheFile(what, "a pointer of Git LFS", "The server hands out the repository without its large files.");
  const like = (good: boolean, kind: string): void => {
    if (!good)
      throw notTheFile(what, "something else", `${kind}; it begins with ${JSON.stringify(text.slice(0, 12))}.`);
  };
  if (name.endsWith(".json")) like(/^(\xef\xbb\xbf)?\s*([{[]|$)/.test(text), "JSON begins with a brace");
  if (name.endsWith(".gguf") && head.length >= 4) like(text.startsWith("GGUF"), "A GGUF file begins with GGUF");
  if (name.endsWith(".safetensors") && head.length > 8)
    like(text[8] === "{", "A safetensors file has its header's opening brace as ninth byte");
}

/** Adds up to HEAD_BYTES from the beginning of a file. */
export function headOf(before: Uint8Array, chunk: Uint8Array): Uint8Array {
  const take = chunk.subarray(0, HEAD_BYTES - before.length);
  const head = new Uint8Array(before.length + take.length);
  head.set(before);
  head.set(take, before.length);
  invariant(head.length <= HEAD_BYTES, "bug", "a file's head grew too long");
  return head;
}
