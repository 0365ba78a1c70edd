// The model among files with paths: layouts of folders as people have them, and trees that are read level by level.
import { describe, expect, it } from "vitest";
import { readText } from "./folder.ts";
import { memoryFolder } from "./memoryFolder.ts";
import { filesToModel, type FolderTree, shallowestModel } from "./modelFiles.ts";

const MODEL = ["config.json", "tokenizer.json", "model.safetensors"];
const at = (prefix: string, names: readonly string[] = MODEL): string[] => names.map((name) => prefix + name);
const choose = (paths: readonly string[]) =>
  shallowestModel(memoryFolder("picked", Object.fromEntries(paths.map((path) => [path, path]))));

const LAYOUTS: Record<string, string[]> = {
  plain: [],
  "a clone": at("m/.git/", ["config", "HEAD", "objects/ec/a458"]),
  "Meta's files": at("m/original/", ["params.json", "consolidated.00.pth", "tokenizer.model"]),
  "a trainer's checkpoints": [...at("m/checkpoint-100/"), "m/checkpoint-100/optimizer.pt", ...at("m/checkpoint-200/")],
  "sentence transformers": ["m/modules.json", "m/1_Pooling/config.json"],
  "an average": ["m/ema/model.safetensors"],
  onnx: ["m/onnx/model.onnx", "m/onnx/config.json"],
  "a download's cache": ["m/.cache/huggingface/download/config.json"],
  GGUF: ["m/gguf/model.gguf"],
};

describe.each(Object.entries(LAYOUTS))("a folder with %s", (_, more) => {
  it.each(["m/", "up/m/", ""])("has its model at %j", async (root) => {
    const folder = choose([...more, ...at("m/")].map((path) => path.replace(/^m\//, root)));
    expect(folder.name).toBe(root === "" ? "picked" : "m");
    expect([...folder.list()].sort()).toEqual(
      [...MODEL, ...(more[0] === "m/modules.json" ? ["modules.json"] : [])].sort(),
    );
    expect(await readText(await folder.open("model.safetensors"))).toBe(`${root}model.safetensors`);
    await expect(folder.open("optimizer.pt")).rejects.toThrow(/m|picked: expected a file optimizer\.pt/);
  });
});

it("names the subfolders that take no part, but not hidden ones", () => {
  const { notes } = choose([...at("m/"), "m/ema/model.safetensors", "m/.git/HEAD", "m/checkpoint-1/config.json"]);
  expect(notes).toEqual(["Only the files directly in m are used. Its subfolders take no part: checkpoint-1, ema."]);
  expect(choose(at("m/")).notes).toBeUndefined();
});

it("takes the only complete model of several folders of one depth", () => {
  expect(choose(["1_Pooling/config.json", ...at("0_Transformer/")]).name).toBe("0_Transformer");
  expect(choose(["ema/model.safetensors", ...at("model/")]).name).toBe("model");
});

it("refuses two models of one depth with both paths, and a folder without a model with its files", () => {
  expect(() => choose([...at("r/checkpoint-200/"), ...at("r/checkpoint-100/")])).toThrow(
    "picked: expected one model, got 2 in folders of the same depth (r/checkpoint-100, r/checkpoint-200). Open one of these folders by itself.",
  );
  expect(() => choose([...at("a/"), "b/model.gguf"])).toThrow(/\(a, b\)/);
  expect(() => choose(["a/notes.txt", ".DS_Store"])).toThrow(
    "picked: expected a model folder with config.json, got a/notes.txt. Choose the folder with config.json, tokenizer.json and *.safetensors, or a *.gguf file.",
  );
  expect(() => choose([".git/config.json"])).not.toThrow(); // the folder that was picked may be hidden
  expect(() => choose([])).toThrow(/got an empty folder/);
  expect(() => choose(["r/config.json", "r/Q4/m.gguf", "r/BF16/m-00001-of-00002.gguf"])).toThrow(
    "r: expected weights beside config.json, got none, but subfolders (BF16, Q4). Open the subfolder with the model by itself, or its GGUF file.",
  );
});

describe("a tree", () => {
  const reads: string[] = [];
  /** Paths as a tree that records which of its folders are read. */
  function treeOf(paths: readonly string[], name = ""): FolderTree<string> {
    const folders = [...new Set(paths.flatMap((path) => (path.includes("/") ? [path.split("/")[0]!] : [])))];
    return {
      name,
      read: async () => {
        reads.push(name);
        return {
          files: paths.filter((path) => !path.includes("/")).map((file) => ({ name: file, file })),
          folders: folders.map((folder) => {
            const inside = paths.filter((path) => path.startsWith(`${folder}/`));
            return treeOf(
              inside.map((path) => path.slice(folder.length + 1)),
              folder,
            );
          }),
        };
      },
    };
  }

  it("is read down to the model and no further", async () => {
    reads.length = 0;
    const paths = [...at("m/"), ".git/objects/a", "m/.git/config", "m/ema/model.safetensors", "docs/a.txt"];
    const { files, subfolders } = await filesToModel(treeOf(paths));
    expect(files.map(({ path }) => path)).toEqual([...at("m/"), "docs/a.txt"]);
    expect(subfolders).toEqual(["m/ema"]);
    expect(reads).toEqual(["", "m", "docs"]);
  });

  it("without a model has all its files", async () => {
    const { files } = await filesToModel(treeOf(["a/b/c.txt", "d.txt"]));
    expect(files.map(({ path }) => path)).toEqual(["d.txt", "a/b/c.txt"]);
  });
});
