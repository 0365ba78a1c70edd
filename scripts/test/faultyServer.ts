// A web server on localhost that hands out files with Range, and misbehaves on demand: for the tests of downloads.
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** One request as a test sees it. */
export interface Asked {
  /** Without the leading slash and the query. */
  path: string;
  method: string;
  /** The first and the last byte asked for. */
  range: { first: number; last: number | undefined } | undefined;
  /** Requests for this path before this one. */
  before: number;
}

/** What goes wrong with an answer. */
export type Fault =
  /** The connection breaks after so many bytes of the answer. */
  | { kind: "drop"; after: number }
  /** Nothing more comes after so many bytes, and the connection stays. */
  | { kind: "stall"; after: number }
  | { kind: "status"; status: number; headers?: Record<string, string> }
  | { kind: "redirect"; to: string }
  /** 200 with a web page, called one or not. */
  | { kind: "page"; type: string }
  /** Claims a size that is wrong by so many bytes. */
  | { kind: "size"; by: number }
  /** Neither Content-Length nor ranges. */
  | { kind: "noLength" }
  /** Answers 200 with the whole file. */
  | { kind: "noRanges" }
  /** Sends so many bytes more than were asked for. */
  | { kind: "longer"; by: number }
  | { kind: "version"; etag: string }
  /** One byte is another one. */
  | { kind: "damage"; at: number };

export interface FaultyServer {
  /** "http://localhost:PORT/". */
  readonly address: string;
  readonly asked: Asked[];
  /** Largest number of answers that were under way at once. */
  readonly busiest: () => number;
  files: Map<string, Uint8Array>;
  fault: (asked: Asked) => Fault | undefined;
  /** Milliseconds before each chunk of 64 KiB. */
  slowMs: number;
  close(): Promise<void>;
}

const PAGE = "<!doctype html><html><body>Sign in to go on</body></html>";
const CHUNK_BYTES = 64 * 1024;

/** Files of a folder of this checkout, by their names. */
export function filesFrom(folder: string, names: readonly string[]): Record<string, Uint8Array> {
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))]));
}

/** Serves `files` by their paths until it is closed. */
export async function serveFaulty(files: Record<string, Uint8Array | string>): Promise<FaultyServer> {
  const asked: Asked[] = [];
  let [busy, busiest] = [0, 0];
  const http = createServer((request, response) => {
    busy += 1;
    busiest = Math.max(busiest, busy);
    response.once("close", () => (busy -= 1));
    const one = readRequest(request, asked);
    asked.push(one);
    void answer(server, one, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => http.listen(0, "localhost", resolve));
  const server: FaultyServer = {
    address: `http://localhost:${(http.address() as AddressInfo).port}/`,
    asked,
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

function readRequest(request: IncomingMessage, earlier: readonly Asked[]): Asked {
  const path = decodeURIComponent((request.url ?? "/").slice(1).replace(/\?.*$/, ""));
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  return {
    path,
    method: request.method ?? "GET",
    range: first === undefined ? undefined : { first: Number(first), last: last ? Number(last) : undefined },
    before: earlier.filter((other) => other.path === path).length,
  };
}

const CORS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Headers": "Range",
  "Access-Control-Expose-Headers": "ETag,Content-Range,Link,X-Error-Code",
};

async function answer(server: FaultyServer, one: Asked, response: ServerResponse): Promise<void> {
  const fault = server.fault(one);
  const end = (status: number, headers: Record<string, string> = {}, body = ""): void =>
    void response.writeHead(status, { ...CORS, ...headers }).end(body);
  if (one.method === "OPTIONS") return end(204);
  if (fault?.kind === "status") return end(fault.status, fault.headers);
  if (fault?.kind === "redirect") return end(302, { Location: fault.to });
  if (fault?.kind === "page") return end(200, { "Content-Type": fault.type }, PAGE);
  let bytes = server.files.get(one.path);
  if (!bytes) return end(404, {}, "not found");
  if (fault?.kind === "damage") {
    bytes = Uint8Array.from(bytes);
    bytes[fault.at]! ^= 0xff;
  }
  await sendFile(server, one, response, Buffer.from(bytes), fault);
}

async function sendFile(
  server: FaultyServer,
  { range, method, path }: Asked,
  response: ServerResponse,
  bytes: Buffer,
  fault: Fault | undefined,
): Promise<void> {
  const partial = range !== undefined && fault?.kind !== "noRanges" && fault?.kind !== "noLength";
  const total = bytes.length + (fault?.kind === "size" ? fault.by : 0);
  const first = partial ? range.first : 0;
  const last = Math.min(total - 1, (partial ? range.last : undefined) ?? total - 1);
  response.statusCode = partial ? 206 : 200;
  const headers: Record<string, string | number> = {
    ...CORS,
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
    // what was written must leave first, so that the reader has it
    setTimeout(() => response.destroy(), 20);
    return;
  }
  response.end();
}
