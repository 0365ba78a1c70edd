// Saving into a folder, in a real browser's file system: all or nothing, whatever fails, and an older export stays.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OutputFile } from "../../engine/index.ts";
import { saveInto } from "./saveFolder.ts";

const WEIGHTS_BYTES = 300_000;

const text = (name: string, content: string): OutputFile => {
  const bytes = new TextEncoder().encode(content);
  return {
    name,
    sizeBytes: bytes.length,
    stream: async function* () {
      yield bytes;
    },
  };
};
/** Bytes that are all `value`, in many pieces. */
const weights = (name: string, value: number): OutputFile => ({
  name,
  sizeBytes: WEIGHTS_BYTES,
  stream: async function* () {
    for (let at = 0; at < WEIGHTS_BYTES; at += 10_000) yield new Uint8Array(10_000).fill(value);
  },
});
const exportOf = (value: number, names = ["model.safetensors", "onnx/model.onnx"]): OutputFile[] => [
  text("config.json", `{"value":${value}}`),
  ...names.map((name) => weights(name, value)),
  text("receipt.json", String(value)),
];

/** Every file below the folder: its size and its first byte. */
async function contents(folder: FileSystemDirectoryHandle, path = ""): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const [name, entry] of folder.entries()) {
    if (entry.kind === "directory") Object.assign(found, await contents(entry, `${path}${name}/`));
    else {
      const file = await entry.getFile();
      found[path + name] = `${file.size}: ${new Uint8Array(await file.slice(0, 1).arrayBuffer())[0]}`;
    }
  }
  return found;
}

describe("saving into a folder", () => {
  let picked: FileSystemDirectoryHandle;
  beforeEach(async () => {
    const root = await navigator.storage.getDirectory();
    await root.removeEntry("picked", { recursive: true }).catch(() => undefined);
    picked = await root.getDirectoryHandle("picked", { create: true });
  });
  afterEach(() => vi.restoreAllMocks());

  /** Saves export 2, which must fail; returns the error and the folder's contents. */
  async function failing(
    watch: Parameters<typeof saveInto>[3] = {},
  ): Promise<{ error: unknown; after: Record<string, string> }> {
    const error: unknown = await saveInto(picked, "m", exportOf(2), watch).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return { error, after: await contents(picked) };
  }

  it("writes every file, also below folders, and replaces an older export", async () => {
    await saveInto(picked, "m", exportOf(1));
    const seen: number[] = [];
    await saveInto(picked, "m", exportOf(2), { onBytes: (done) => seen.push(done) });
    const after = await contents(picked);
    expect(after["m/model.safetensors"]).toBe(`${WEIGHTS_BYTES}: 2`);
    expect(after["m/onnx/model.onnx"]).toBe(`${WEIGHTS_BYTES}: 2`);
    expect(Object.keys(after)).toHaveLength(4);
    expect(seen.at(-1)).toBe(exportOf(2).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  it("removes older weights that a loader could take for the new ones, and nothing else", async () => {
    await saveInto(
      picked,
      "m",
      exportOf(1, ["model-00001-of-00002.safetensors", "onnx/model.onnx", "onnx/model.onnx_data"]),
    );
    const target = await picked.getDirectoryHandle("m");
    const note = await (await target.getFileHandle("my notes.txt", { create: true })).createWritable();
    await note.write("mine");
    await note.close();
    await saveInto(picked, "m", exportOf(2));
    expect(Object.keys(await contents(target)).sort()).toEqual(
      ["config.json", "model.safetensors", "my notes.txt", "onnx/model.onnx", "receipt.json"].sort(),
    );
  });

  for (const older of [false, true]) {
    const where = older ? "over an older export" : "into an empty folder";
    const before = async (): Promise<Record<string, string>> => {
      if (older) await saveInto(picked, "m", exportOf(1, ["model.safetensors"]));
      return contents(picked);
    };

    it(`leaves things as they were when it is cancelled ${where}`, async () => {
      const untouched = await before();
      let done = 0;
      const { error, after } = await failing({ onBytes: (bytes) => (done = bytes), cancelled: () => done > 350_000 });
      expect(error).toMatchObject({ code: "cancelled" });
      expect(done).toBeGreaterThan(WEIGHTS_BYTES);
      expect(after).toEqual(untouched);
    });

    it(`leaves things as they were when a file refuses to be written ${where}`, async () => {
      const untouched = await before();
      let opened = 0;
      const real = FileSystemFileHandle.prototype.createWritable;
      vi.spyOn(FileSystemFileHandle.prototype, "createWritable").mockImplementation(function (
        this: FileSystemFileHandle,
      ) {
        opened += 1;
        return opened < 3 ? real.call(this) : Promise.reject(new DOMException("withdrawn", "NotAllowedError"));
      });
      const { error, after } = await failing();
      expect(error).toMatchObject({
        code: "storage",
        message: expect.stringMatching(/NotAllowedError.*choose the folder again/) as string,
      });
      expect(after).toEqual(untouched);
    });

    it(`leaves things as they were when the disk is full ${where}`, async () => {
      const untouched = await before();
      const real = FileSystemWritableFileStream.prototype.write;
      let writes = 0;
      vi.spyOn(FileSystemWritableFileStream.prototype, "write").mockImplementation(function (
        this: FileSystemWritableFileStream,
        data,
      ) {
        writes += 1;
        return writes < 40 ? real.call(this, data) : Promise.reject(new DOMException("full", "QuotaExceededError"));
      });
      const { error, after } = await failing();
      expect(error).toMatchObject({
        code: "storage",
        message: expect.stringMatching(/QuotaExceededError.*free disk space/) as string,
      });
      expect(after).toEqual(untouched);
    });

    it(`leaves things as they were when the first file cannot be closed ${where}`, async () => {
      const untouched = await before();
      vi.spyOn(FileSystemWritableFileStream.prototype, "close").mockRejectedValue(
        new DOMException("blocked", "AbortError"),
      );
      const { error, after } = await failing();
      expect(error).toMatchObject({ code: "storage", message: expect.stringContaining("AbortError") as string });
      expect(after).toEqual(untouched);
    });
  }

  it("reports how many files it had replaced when a later one cannot be closed", async () => {
    await saveInto(picked, "m", exportOf(1));
    const real = FileSystemWritableFileStream.prototype.close;
    let closed = 0;
    vi.spyOn(FileSystemWritableFileStream.prototype, "close").mockImplementation(function (
      this: FileSystemWritableFileStream,
    ) {
      closed += 1;
      return closed < 3 ? real.call(this) : Promise.reject(new DOMException("blocked", "AbortError"));
    });
    const { error } = await failing();
    expect(error).toMatchObject({
      message: expect.stringContaining(
        "2 of the 4 files of the older export were already replaced: save again",
      ) as string,
    });
    vi.restoreAllMocks();
    await saveInto(picked, "m", exportOf(2));
    expect((await contents(picked))["m/receipt.json"]).toBe(`1: ${"2".charCodeAt(0)}`);
  });

  it("refuses names that leave the folder before anything is made", async () => {
    for (const name of ["..", "a/../../b", "con", ""]) {
      await expect(saveInto(picked, name, exportOf(1))).rejects.toMatchObject({ code: "format" });
      await expect(saveInto(picked, "m", [text(name, "x")])).rejects.toMatchObject({ code: "format" });
    }
    expect(await contents(picked)).toEqual({});
  });
});
