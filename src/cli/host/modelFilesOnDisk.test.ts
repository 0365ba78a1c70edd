// What the command line serves of a folder or file on the disk.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { fileWithParts, filesInFolder } from "./modelFilesOnDisk.ts";

const root = mkdtempSync(join(tmpdir(), "espalier-files-"));
afterAll(() => rmSync(root, { recursive: true }));

function folderOf(name: string, paths: readonly string[]): string {
  for (const path of paths) {
    mkdirSync(dirname(join(root, name, path)), { recursive: true });
    writeFileSync(join(root, name, path), path);
  }
  return join(root, name);
}

it("serves a model's own files, and names its subfolders", () => {
  const folder = folderOf("plain", ["config.json", "ema/model.safetensors", ".git/HEAD", ".env"]);
  expect(filesInFolder(folder)).toEqual({ files: { "config.json": 11 }, subfolders: ["ema"] });
});

it("looks in subfolders where a folder has no model, but not in hidden ones", () => {
  const folder = folderOf("deep", [
    "readme.txt",
    "a/m/config.json",
    "a/m/x/config.json",
    "b/notes.txt",
    ".c/config.json",
  ]);
  const { files, subfolders } = filesInFolder(folder);
  expect(Object.keys(files)).toEqual(["readme.txt", "b/notes.txt", "a/m/config.json"]);
  expect(subfolders).toEqual(["a/m/x"]);
});

it("reads links inside the folder and those of the hub's cache, and names those that lead out of it", () => {
  const outside = folderOf("outside", ["secret.txt", "sub/config.json"]);
  const folder = folderOf("linked", ["config.json"]);
  symlinkSync("config.json", join(folder, "own.json"));
  symlinkSync(join(outside, "secret.txt"), join(folder, "secret.txt"));
  symlinkSync(join(outside, "sub"), join(folder, "sub"));
  symlinkSync("nothing", join(folder, "broken"));
  const notes = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  expect(filesInFolder(folder)).toEqual({ files: { "config.json": 11, "own.json": 11 }, subfolders: [] });
  expect(notes.mock.calls.map(([text]) => text)).toEqual(
    ["secret.txt", "sub"].map(
      (name) =>
        `note: ${join(folder, name)} is a link to outside the folder, so it is not read. Copy the file there to use it.\n`,
    ),
  );
  notes.mockClear();
  const hub = folderOf("hub", ["blobs/abc", "snapshots/1/README.md"]);
  symlinkSync("../../blobs/abc", join(hub, "snapshots/1/config.json"));
  expect(Object.keys(filesInFolder(join(hub, "snapshots/1")).files)).toEqual(["README.md", "config.json"]);
  expect(notes).not.toHaveBeenCalled();
  notes.mockRestore();
});

it("serves a GGUF file with its other parts, without the files beside it", () => {
  const parts = ["m-00001-of-00003.gguf", "m-00003-of-00003.gguf"];
  const folder = folderOf("parts", [...parts, "other.gguf"]);
  expect(Object.keys(fileWithParts(join(folder, parts[1]!))).sort()).toEqual(parts);
  expect(Object.keys(fileWithParts(join(folder, "other.gguf")))).toEqual(["other.gguf"]);
});
