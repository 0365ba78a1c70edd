// Local folders over HTTP for the engine: GET with Range, PUT and DELETE, only in the folders that the command line named.
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { basename, dirname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ServedFolder } from "../page/servedModel.ts";
import { fileWithParts, filesInFolder } from "./modelFilesOnDisk.ts";

const PREFIX = "/files/";

/** Serves folders for reading and writing; each has a number in its address. */
export class LocalFiles {
  /** Comes before each address: empty where the page and its files have the same server. */
  origin = "";
  private readonly folders: string[] = [];

  /** Serves the files of a folder down to its model, or one file (for a part of a GGUF model, all parts) as a folder of its own. */
  serve(fileOrFolder: string): ServedFolder {
    const path = resolve(fileOrFolder);
    const name = basename(path);
    if (statSync(path).isDirectory()) return { name, url: this.address(path), ...filesInFolder(path) };
    return { name, url: this.address(dirname(path)), files: fileWithParts(path) };
  }

  /** The address of a folder that the page may write to; creates the folder if it is missing. */
  writable(folder: string): string {
    const path = resolve(folder);
    mkdirSync(path, { recursive: true });
    return this.address(path);
  }

  /** Answers a request under the prefix; returns false for any other. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (!url.pathname.startsWith(PREFIX)) return false;
    const [number, ...rest] = url.pathname.slice(PREFIX.length).split("/").map(decodeURIComponent);
    const folder = this.folders[Number(number)];
    const name = rest.join("/");
    if (folder === undefined || name === "" || name.includes("..") || rest.some((part) => part.includes("\\"))) {
      response.writeHead(404).end();
      return true;
    }
    const path = join(folder, name);
    if (request.method === "PUT") await this.write(request, response, path);
    else if (request.method === "DELETE") {
      rmSync(path, { force: true });
      response.writeHead(204).end();
    } else this.read(request, response, path);
    return true;
  }

  private address(path: string): string {
    const known = this.folders.indexOf(path);
    return `${this.origin}${PREFIX}${known >= 0 ? known : this.folders.push(path) - 1}`;
  }

  private read(request: IncomingMessage, response: ServerResponse, path: string): void {
    if (!existsSync(path)) {
      response.writeHead(404).end();
      return;
    }
    const { size } = statSync(path);
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    const start = range ? Number(range[1]) : 0;
    const end = range ? Math.min(Number(range[2]), size - 1) : size - 1;
    response.writeHead(range ? 206 : 200, {
      "Content-Type": "application/octet-stream",
      "Content-Length": Math.max(0, end - start + 1),
      ...(range ? { "Content-Range": `bytes ${start}-${end}/${size}` } : {}),
    });
    if (size === 0) response.end();
    else createReadStream(path, { start, end }).pipe(response);
  }

  /** Parts of a file arrive in order as ?part=0, 1, ...; after the last, with ?done=1, the file gets its name. */
  private async write(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const url = new URL(request.url ?? "/", "http://localhost");
    const unfinished = `${path}.part`;
    mkdirSync(join(path, ".."), { recursive: true });
    try {
      await pipeline(
        request,
        createWriteStream(unfinished, { flags: url.searchParams.get("part") === "0" ? "w" : "a" }),
      );
      if (url.searchParams.has("done")) renameSync(unfinished, path);
      response.writeHead(204).end();
    } catch (error) {
      rmSync(unfinished, { force: true });
      response.writeHead(500).end(error instanceof Error ? error.message : "write failed");
    }
  }
}
