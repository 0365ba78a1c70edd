// Local files over HTTP for the engine: a random token in every address, exact names only, and folders for reading and for writing apart.
import { randomBytes } from "node:crypto";
import {
  createReadStream,
  createWriteStream,
  lstatSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { basename, dirname, join, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ServedFolder } from "../page/servedModel.ts";
import { fileWithParts, filesInFolder } from "./modelFilesOnDisk.ts";

const PREFIX = "/files/";
/** Names below a writable folder: parts that do not begin with a dot, without backslashes and control characters. */
const PLAIN = /^[^./\\\p{Cc}][^/\\\p{Cc}]*(\/[^./\\\p{Cc}][^/\\\p{Cc}]*)*$/u;
/** Hosts under which this machine reaches itself. */
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

interface Shared {
  path: string;
  /** Names that may be read, and in a writable folder removed too. */
  readable: Set<string>;
  writable: boolean;
}

/** Serves what the command line named, on the server of this process. */
export class LocalFiles {
  /** Comes before each address: empty where the page and its files have the same server. */
  origin = "";
  /** Other programs of this machine cannot guess it, nor can pages in a browser. */
  private readonly token = randomBytes(16).toString("hex");
  private readonly shared: Shared[] = [];

  /** Serves the files of a folder down to its model, or one file (for a part of a GGUF model, all parts) as a folder of its own. */
  serve(fileOrFolder: string): ServedFolder {
    const path = resolve(fileOrFolder);
    const name = basename(path);
    const isFolder = statSync(path).isDirectory();
    const { files, ...more } = isFolder ? filesInFolder(path) : { files: fileWithParts(path) };
    const url = this.address({
      path: isFolder ? path : dirname(path),
      readable: new Set(Object.keys(files)),
      writable: false,
    });
    return { name, url, files, ...more };
  }

  /** The address of a folder that the page may write to; creates the folder if it is missing. `existing`: files that it may read before it has written them. */
  writable(folder: string, existing: readonly string[] = []): string {
    const path = resolve(folder);
    mkdirSync(path, { recursive: true });
    return this.address({ path, readable: new Set(existing), writable: true });
  }

  /** Answers a request under the prefix; returns false for any other. Never rejects: a bad request must not end the run. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const [path = "", query = ""] = (request.url ?? "/").split("?");
    if (!path.startsWith(PREFIX)) return false;
    try {
      const found = isOwn(request) ? this.find(path) : undefined;
      if (!found) refuse(request, response, 404);
      else if (request.method === "GET") await this.read(request, response, found);
      else if (found.shared.writable && request.method === "PUT") await write(request, response, found, query);
      else if (found.shared.writable && request.method === "DELETE") {
        if (found.shared.readable.delete(found.name)) rmSync(join(found.shared.path, found.name), { force: true });
        response.writeHead(204).end();
      } else refuse(request, response, 405);
    } catch {
      if (response.headersSent) response.destroy();
      else refuse(request, response, 500);
    }
    return true;
  }

  private address(shared: Shared): string {
    const { path, writable } = shared;
    const known = this.shared.findIndex((other) => other.path === path && other.writable === writable);
    for (const name of shared.readable) this.shared[known]?.readable.add(name);
    return `${this.origin}${PREFIX}${this.token}/${known >= 0 ? known : this.shared.push(shared) - 1}`;
  }

  /** The folder and the name in it; undefined for a wrong token, folder or name. */
  private find(path: string): Found | undefined {
    const [token, number = "", ...rest] = path.slice(PREFIX.length).split("/");
    const shared = /^\d{1,6}$/.test(number) ? this.shared[Number(number)] : undefined;
    const name = decoded(rest.join("/"));
    if (token !== this.token || !shared || name === undefined) return undefined;
    return shared.readable.has(name) || (shared.writable && PLAIN.test(name)) ? { shared, name } : undefined;
  }

  private async read(request: IncomingMessage, response: ServerResponse, { shared, name }: Found): Promise<void> {
    const path = join(shared.path, name);
    // The list was checked when the folder was named; what has become something else since then is not served.
    const stats = shared.readable.has(name) ? statSync(path, { throwIfNoEntry: false }) : undefined;
    if (!stats?.isFile()) return refuse(request, response, 404);
    const range = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(request.headers.range ?? "");
    const start = range ? Number(range[1]) : 0;
    const end = Math.min(range ? Number(range[2]) : Infinity, stats.size - 1);
    if (range && start > end) return refuse(request, response, 416);
    response.writeHead(range ? 206 : 200, {
      ...HEADERS,
      "Content-Length": end - start + 1,
      ...(range ? { "Content-Range": `bytes ${start}-${end}/${stats.size}` } : {}),
    });
    if (stats.size === 0) response.end();
    else await pipeline(createReadStream(path, { start, end }), response);
  }
}

interface Found {
  shared: Shared;
  name: string;
}

const HEADERS = { "Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff" };

function refuse(request: IncomingMessage, response: ServerResponse, status: number): void {
  request.resume();
  response.writeHead(status).end();
}

/** Whether a request names this machine as its host and, where a page sent it, comes from a page of the same server. */
function isOwn({ headers: { host = "", origin } }: IncomingMessage): boolean {
  return LOOPBACK.test(host) && (origin === undefined || origin === `http://${host}`);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Parts of a file arrive in order as ?part=0, 1, ...; after the last, with ?done=1, the file gets its name. No link is followed. */
async function write(
  request: IncomingMessage,
  response: ServerResponse,
  { shared, name }: Found,
  query: string,
): Promise<void> {
  const search = new URLSearchParams(query);
  const path = join(shared.path, name);
  const unfinished = `${path}.part`;
  mkdirSync(dirname(path), { recursive: true });
  const root = realpathSync(shared.path);
  if (!`${realpathSync(dirname(path))}${sep}`.startsWith(`${root}${sep}`)) return refuse(request, response, 404);
  const first = search.get("part") === "0";
  if (first) rmSync(unfinished, { force: true });
  else if (!lstatSync(unfinished).isFile()) return refuse(request, response, 404);
  try {
    await pipeline(request, createWriteStream(unfinished, { flags: first ? "wx" : "a" }));
    if (search.has("done")) {
      renameSync(unfinished, path);
      shared.readable.add(name);
    }
    response.writeHead(204).end();
  } catch (error) {
    rmSync(unfinished, { force: true });
    response.writeHead(500).end(error instanceof Error ? error.message : "write failed");
  }
}
