// A file on a server, and checks that an answer is this file and not a web page or a pointer of Git LFS.
import { type EngineError, invariant } from "../../errors.ts";
import { readError } from "../files/readError.ts";

export interface RemoteFile {
  /** Name in the model's folder. */
  readonly name: string;
  readonly url: string;
  /** In bytes; undefined where the server does not report it. */
  readonly size?: number;
  /** Of the complete file, where the source states it. */
  readonly sha256?: string;
  /** Changes when the file does: the hub's object id, or a server's ETag or date. */
  readonly version?: string;
  /** The address names one fixed version, so that answers need not be compared with `version`. */
  readonly pinned: boolean;
  /** The server supports Range requests. */
  readonly ranges: boolean;
}

/** Number of bytes at the beginning that identify the kind of a file. */
export const HEAD_BYTES = 64;

/** The bytes of an answer; undefined where the server does not say, or says it of a compressed answer, whose bytes arrive unpacked. */
export function statedLength({ headers }: Response): number | undefined {
  const length = headers.get("Content-Length");
  const packed = (headers.get("Content-Encoding") ?? "identity") !== "identity";
  return length === null || packed ? undefined : Number(length);
}

/** What the headers report about the file, as far as the browser exposes them. */
export function answered(response: Response): { version: string | undefined; total: number | undefined; from: number } {
  const { headers, status } = response;
  const version = headers.get("ETag") ?? headers.get("Last-Modified") ?? undefined;
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get("Content-Range") ?? "");
  if (status === 206) return { version, total: range ? Number(range[2]) : undefined, from: Number(range?.[1] ?? NaN) };
  return { version, total: statedLength(response), from: 0 };
}

/** The error for an answer that is something else. */
const notTheFile = (what: string, got: string, advice: string, expected = "the file"): EngineError =>
  readError({ file: what, expected, got, advice: `${advice} Nothing was kept.`, code: "network", detail: { what } });

const PAGE_ADVICE =
  "It may be a sign-in page, a page of your network, or the address of a page instead of a folder: open it in the browser to check.";

/** Throws "network" where the server declares its answer a web page. */
export function checkType(response: Response, what: string): void {
  const type = response.headers.get("Content-Type") ?? "";
  if (/^(text\/html|application\/xhtml)/i.test(type)) throw notTheFile(what, `a web page (${type})`, PAGE_ADVICE);
}

/** Throws "network" where the first bytes (up to HEAD_BYTES) cannot belong to a file of this name. */
export function checkHead(head: Uint8Array, name: string, what: string): void {
  const text = new TextDecoder("latin1").decode(head.subarray(0, HEAD_BYTES));
  if (/^\s*<(!doctype|html|head|body|\?xml)/i.test(text) && !/\.(md|html?)$/i.test(name))
    throw notTheFile(what, "a web page", PAGE_ADVICE);
  if (text.startsWith("version https://git-lfs")) {
    const advice = "The server has the repository without its large files: use another source.";
    throw notTheFile(what, "a pointer of Git LFS", advice);
  }
  const check = (good: boolean, expected: string): void => {
    if (good) return;
    const got = `${JSON.stringify(text.slice(0, 12))} at its beginning`;
    throw notTheFile(what, got, "Check the address, or use another source.", expected);
  };
  if (name.endsWith(".json")) check(/^(\xef\xbb\xbf)?\s*([{[]|$)/.test(text), "JSON with a brace at its beginning");
  if (name.endsWith(".gguf") && head.length >= 4) check(text.startsWith("GGUF"), 'a GGUF file with "GGUF"');
  if (name.endsWith(".safetensors") && head.length > 8)
    check(text[8] === "{", 'a safetensors file with "{" as its ninth byte');
}

/** Appends bytes of a chunk to the beginning of a file, up to HEAD_BYTES in total. */
export function headOf(before: Uint8Array, chunk: Uint8Array): Uint8Array {
  const take = chunk.subarray(0, HEAD_BYTES - before.length);
  const head = new Uint8Array(before.length + take.length);
  head.set(before);
  head.set(take, before.length);
  invariant(head.length <= HEAD_BYTES, "bug", "the beginning of a file grew beyond HEAD_BYTES");
  return head;
}
