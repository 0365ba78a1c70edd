// The command line's file server: a closed door for everything but the exact names that it was given.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, request as send, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { LocalFiles } from "./localFiles.ts";

const root = mkdtempSync(join(tmpdir(), "espalier-served-"));
const model = join(root, "model");
const out = join(root, "out");
let files: LocalFiles;
let server: Server;
let host = "";

beforeAll(async () => {
  mkdirSync(join(model, "sub"), { recursive: true });
  for (const [path, text] of [
    ["secret.txt", "secret"],
    ["model/config.json", "{}"],
    ["model/model.safetensors", "0123456789"],
    ["model/empty.txt", ""],
    ["model/.env", "secret"],
    ["model/sub/notes.txt", "secret"],
  ] as const)
    writeFileSync(join(root, path), text);
  symlinkSync(join(root, "secret.txt"), join(model, "link.txt"));
  symlinkSync("config.json", join(model, "own-link.json"));
  server = createServer((request, response) => {
    void files.handle(request, response).then((done) => {
      if (!done) response.writeHead(418).end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(root, { recursive: true });
});
beforeEach(() => {
  // the note on the link out of the folder
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  rmSync(out, { recursive: true, force: true });
  files = new LocalFiles();
});

interface Answer {
  status: number;
  text: string;
  headers: Record<string, unknown>;
}

/** A request with the path as it is given: fetch would resolve "..". */
function ask(path: string, method = "GET", headers: Record<string, string> = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const [name, port] = host.split(":");
    const sent = send({ host: name, port, path, method, headers }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const statusOf = async (...given: Parameters<typeof ask>): Promise<number> => (await ask(...given)).status;

describe("a model's folder", () => {
  test("is read by its exact names, with ranges", async () => {
    const served = files.serve(model);
    expect(Object.keys(served.files).sort()).toEqual([
      "config.json",
      "empty.txt",
      "model.safetensors",
      "own-link.json",
    ]);
    expect(await ask(`${served.url}/model.safetensors`)).toMatchObject({ status: 200, text: "0123456789" });
    expect(await ask(`${served.url}/own-link.json`)).toMatchObject({ status: 200, text: "{}" });
    expect(await ask(`${served.url}/empty.txt`)).toMatchObject({ status: 200, text: "" });
    const part = await ask(`${served.url}/model.safetensors`, "GET", { Range: "bytes=2-4" });
    expect(part).toMatchObject({ status: 206, text: "234" });
    expect(part.headers).toMatchObject({ "content-range": "bytes 2-4/10", "x-content-type-options": "nosniff" });
    expect(part.headers).not.toHaveProperty("access-control-allow-origin");
  });

  test.each(["bytes=9-0", "bytes=10-12", "bytes=99999-999999"])("answers the range %s with 416", async (Range) => {
    expect(await statusOf(`${files.serve(model).url}/model.safetensors`, "GET", { Range })).toBe(416);
  });

  test.each(["bytes=5-", "bytes=-5", "bytes=a-b", "bytes=0-1,3-4", "x"])("ignores the range %s", async (Range) => {
    expect(await statusOf(`${files.serve(model).url}/model.safetensors`, "GET", { Range })).toBe(200);
  });

  test.each([
    ["a folder", "/sub"],
    ["the folder itself", "/"],
    ["no name", ""],
    ["a file below its model", "/sub/notes.txt"],
    ["a hidden file", "/.env"],
    ["a link out of it", "/link.txt"],
    ["..", "/../secret.txt"],
    ["an encoded ..", "/%2e%2e/secret.txt"],
    ["an encoded slash", "/..%2fsecret.txt"],
    ["a backslash", "/..%5csecret.txt"],
    ["a .. encoded twice", "/%252e%252e/secret.txt"],
    ["a broken encoding", "/%zz"],
    ["a null byte", "/config.json%00"],
    ["an absolute path", "//etc/passwd"],
    ["another case", "/CONFIG.json"],
    ["an inherited name", "/constructor"],
  ])("refuses %s", async (_, path) => {
    const { url } = files.serve(model);
    expect(await statusOf(`${url}${path}`)).toBe(404);
    expect(await statusOf(`${url}/config.json`)).toBe(200);
  });

  test.each(["PUT", "DELETE", "POST", "OPTIONS", "HEAD"])("refuses %s", async (method) => {
    expect(await statusOf(`${files.serve(model).url}/config.json`, method)).toBe(405);
    expect(readFileSync(join(model, "config.json"), "utf8")).toBe("{}");
  });

  test("needs the token, this machine as its host, and no foreign page", async () => {
    const path = `${files.serve(model).url}/config.json`;
    expect(path).toMatch(/^\/files\/[0-9a-f]{32}\/0\/config\.json$/);
    expect(await statusOf(path.replace(/[0-9a-f]{32}/, "0".repeat(32)))).toBe(404);
    expect(await statusOf(path.replace(/[0-9a-f]{32}\//, ""))).toBe(404);
    expect(await statusOf(path.replace("/0/", "/1/"))).toBe(404);
    expect(await statusOf(path.replace("/0/", "/__proto__/"))).toBe(404);
    expect(await statusOf(path, "GET", { Host: "evil.example" })).toBe(404);
    expect(await statusOf(path, "GET", { Host: "localhost.evil.example" })).toBe(404);
    expect(await statusOf(path, "GET", { Origin: "https://evil.example" })).toBe(404);
    expect(await statusOf(path, "GET", { Origin: "http://localhost:9" })).toBe(404);
    expect(await statusOf(path, "GET", { Origin: `http://${host}` })).toBe(200);
    expect(new LocalFiles().serve(model).url).not.toBe(files.serve(model).url);
  });
});

describe("a folder for writing", () => {
  test("takes a file in parts, which can then be read and removed", async () => {
    const url = files.writable(out);
    expect(await statusOf(`${url}/onnx%2Fmodel.onnx?part=0`, "PUT", {}, "ab")).toBe(204);
    expect(await statusOf(`${url}/onnx%2Fmodel.onnx`)).toBe(404);
    expect(await statusOf(`${url}/onnx%2Fmodel.onnx?part=1&done=1`, "PUT", {}, "cd")).toBe(204);
    expect(await ask(`${url}/onnx%2Fmodel.onnx`)).toMatchObject({ status: 200, text: "abcd" });
    expect(await statusOf(`${url}/onnx%2Fmodel.onnx`, "DELETE")).toBe(204);
    expect(existsSync(join(out, "onnx/model.onnx"))).toBe(false);
  });

  test("keeps what was there before: it is neither read nor removed, unless it was named", async () => {
    mkdirSync(out);
    writeFileSync(join(out, "mine.txt"), "mine");
    const url = files.writable(out);
    expect(await statusOf(`${url}/mine.txt`)).toBe(404);
    expect(await statusOf(`${url}/mine.txt`, "DELETE")).toBe(204);
    expect(readFileSync(join(out, "mine.txt"), "utf8")).toBe("mine");
    expect(await statusOf(`${files.writable(out, ["mine.txt"])}/mine.txt`)).toBe(200);
  });

  test.each(["..%2fx", "%2e%2e/x", ".hidden", "a/.hidden", "a//b", "/x", "a%5cb", "a%00", ""])(
    "refuses the name %j",
    async (name) => {
      expect(await statusOf(`${files.writable(out)}/${name}?part=0&done=1`, "PUT", {}, "x")).toBe(404);
      expect(existsSync(join(root, "x"))).toBe(false);
    },
  );

  test("follows no link out of it, neither of a folder nor of an unfinished file", async () => {
    const url = files.writable(out);
    symlinkSync(model, join(out, "linked"));
    expect(await statusOf(`${url}/linked/planted?part=0&done=1`, "PUT", {}, "x")).toBe(404);
    expect(existsSync(join(model, "planted"))).toBe(false);
    symlinkSync(join(model, "config.json"), join(out, "file.part"));
    expect(await statusOf(`${url}/file?part=1&done=1`, "PUT", {}, "x")).toBe(404);
    expect(await statusOf(`${url}/file?part=0&done=1`, "PUT", {}, "x")).toBe(204);
    expect(readFileSync(join(model, "config.json"), "utf8")).toBe("{}");
    expect(readFileSync(join(out, "file"), "utf8")).toBe("x");
  });

  test("says why a file cannot be written", async () => {
    const url = files.writable(out);
    mkdirSync(join(out, "taken"));
    expect(await ask(`${url}/taken?part=0&done=1`, "PUT", {}, "x")).toMatchObject({
      status: 500,
      text: expect.stringContaining("EISDIR") as string,
    });
  });
});
