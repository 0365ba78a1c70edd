// A web server on localhost that serves files with Range and fails on demand, for the tests of downloads.
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** One request that the server received. */
export interface ServedRequest {
  /** Without the leading slash and the query. */
  path: string;
  method: string;
  /** The first and last requested byte; `last` is undefined for an open range. */
  range: { first: number; last: number | undefined } | undefined;
  /** The client takes compressed answers. */
  gzip: boolean;
  /** Number of earlier requests for this path. */
  before: number;
}

/** How an answer fails. */
export type Fault =
  /** The connection breaks after `after` bytes of the answer. */
  | { kind: "drop"; after: number }
  /** Sends nothing more after `after` bytes, and keeps the connection open. */
  | { kind: "stall"; after: number }
  | { kind: "status"; status: number; headers?: Record<string, string> }
  | { kind: "redirect"; to: string }
  /** 200 with a web page, under any content type. */
  | { kind: "page"; type: string }
  /** Claims a size that is wrong by `by` bytes. */
  | { kind: "size"; by: number }
  /** Sends no Content-Length and ignores ranges. */
  | { kind: "noLength" }
  /** Ignores ranges: answers 200 with the full file. */
  | { kind: "noRanges" }
  /** Sends `by` bytes more than requested. */
  | { kind: "longer"; by: number }
  | { kind: "version"; etag: string }
  /** Sends JSON compressed to those who take it, and lets no other origin see more than its length and type; no HEAD if `noHead`. */
  | { kind: "compressed"; noHead?: boolean }
  /** The byte at `at` is inverted. */
  | { kind: "damage"; at: number };

export interface FaultyServer {
  /** "http://localhost:PORT/". */
  readonly address: string;
  readonly requests: ServedRequest[];
  /** Largest number of answers in progress at the same time. */
  readonly busiest: () => number;
  files: Map<string, Uint8Array>;
  fault: (request: ServedRequest) => Fault | undefined;
  /** Milliseconds of delay before each chunk of 64 KiB. */
  slowMs: number;
  close(): Promise<void>;
}

const PAGE = "<!doctype html><html><body>Sign in to go on</body></html>";
const CHUNK_BYTES = 64 * 1024;

/** The named files of a folder, by their names. */
export function filesFrom(folder: string, names: readonly string[]): Record<string, Uint8Array> {
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))]));
}

/** Serves `files` by their paths until it is closed. */
export async function serveFaulty(files: Record<string, Uint8Array | string>): Promise<FaultyServer> {
  const requests: ServedRequest[] = [];
  let [busy, busiest] = [0, 0];
  const http = createServer((request, response) => {
    busy += 1;
    busiest = Math.max(busiest, busy);
    response.once("close", () => (busy -= 1));
    const one = readRequest(request, requests);
    requests.push(one);
    void answer(server, one, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => http.listen(0, "localhost", resolve));
  const server: FaultyServer = {
    address: `http://localhost:${(http.address() as AddressInfo).port}/`,
    requests,
    busiest: () => busiest,
    files: new Map(Object.entries(files).map(([path, bytes]) => [path, Buffer.from(bytes)])),
    fault: () => undefined,
    slowMs: 0,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  return server;
}

function readRequest(request: IncomingMessage, earlier: readonly ServedRequest[]): ServedRequest {
  const path = decodeURIComponent((request.url ?? "/").slice(1).replace(/\?.*$/, ""));
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  return {
    path,
    method: request.method ?? "GET",
    range: first === undefined ? undefined : { first: Number(first), last: last ? Number(last) : undefined },
    gzip: /gzip/.test(String(request.headers["accept-encoding"])),
    before: earlier.filter((other) => other.path === path).length,
  };
}

const CORS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Headers": "Range",
  "Access-Control-Expose-Headers": "ETag,Content-Range,Link,X-Error-Code",
};

async function answer(server: FaultyServer, one: ServedRequest, response: ServerResponse): Promise<void> {
  const fault = server.fault(one);
  const end = (status: number, headers: Record<string, string> = {}, body = ""): void =>
    void response.writeHead(status, { ...CORS, ...headers }).end(body);
  if (one.method === "OPTIONS") return end(204);
  if (fault?.kind === "status") return end(fault.status, fault.headers);
  if (fault?.kind === "redirect") return end(302, { Location: fault.to });
  if (fault?.kind === "page") return end(200, { "Content-Type": fault.type }, PAGE);
  const file = server.files.get(one.path);
  if (!file) return end(404, {}, "not found");
  const bytes = Buffer.from(file); // a copy: the stored file stays as it is
  if (fault?.kind === "damage") bytes[fault.at]! ^= 0xff;
  if (fault?.kind !== "compressed") return sendFile(one, response, { server, bytes, fault });
  if (one.method === "HEAD" && fault.noHead) return void response.destroy();
  const packed = one.gzip && one.path.endsWith(".json");
  if (packed) response.setHeader("Content-Encoding", "gzip");
  await sendFile(one, response, { server, bytes: packed ? gzipSync(bytes) : bytes, fault });
}

/** Sends the requested range of `bytes` with the fault, at the speed that the server has at each chunk. */
async function sendFile(
  { range, method, path }: ServedRequest,
  response: ServerResponse,
  { server, bytes, fault }: { server: FaultyServer; bytes: Buffer; fault: Fault | undefined },
): Promise<void> {
  const partial = range !== undefined && fault?.kind !== "noRanges" && fault?.kind !== "noLength";
  const total = bytes.length + (fault?.kind === "size" ? fault.by : 0);
  const first = partial ? range.first : 0;
  const last = Math.min(total - 1, (partial ? range.last : undefined) ?? total - 1);
  response.statusCode = partial ? 206 : 200;
  const headers: Record<string, string | number> = {
    ...CORS,
    ...(fault?.kind === "compressed" ? { "Access-Control-Expose-Headers": "", Vary: "Accept-Encoding" } : {}),
    "Content-Type": path.endsWith(".json") ? "application/json" : "application/octet-stream",
    ETag: fault?.kind === "version" ? fault.etag : '"v1"',
    "Accept-Ranges": "bytes",
    ...(partial ? { "Content-Range": `bytes ${first}-${last}/${total}` } : {}),
    ...(fault?.kind === "noLength" || fault?.kind === "longer" ? {} : { "Content-Length": last - first + 1 }),
  };
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  const extra = fault?.kind === "longer" ? Buffer.alloc(fault.by) : Buffer.alloc(0);
  const body = Buffer.concat([bytes.subarray(first, last + 1), extra]);
  if (method === "HEAD") return void response.end();
  const stop = fault?.kind === "drop" || fault?.kind === "stall" ? Math.min(fault.after, body.length) : body.length;
  response.flushHeaders();
  for (let at = 0; at < stop && !response.destroyed; at += CHUNK_BYTES) {
    if (server.slowMs > 0) await new Promise((resolve) => setTimeout(resolve, server.slowMs));
    await new Promise((resolve) => response.write(body.subarray(at, Math.min(stop, at + CHUNK_BYTES)), resolve));
  }
  if (fault?.kind === "stall") return;
  if (fault?.kind === "drop" || last - first + 1 > body.length) {
    // the bytes that were written must be sent before the connection breaks
    setTimeout(() => response.destroy(), 20);
    return;
  }
  response.end();
}
