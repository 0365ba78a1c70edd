// Folders of exports: an earlier export is replaced as a whole, only by one that passed; other files are left alone.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkReplaceable, stageCheckpoints, stageForms } from "./exportFolders.ts";
import { UsageError } from "../arguments/usageError.ts";

/** A user without rights. */
const NOBODY = 65534;
const RECEIPT = JSON.stringify({ program: { name: "Espalier" } });

let out = "";
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "espalier-folders-"));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

function put(...files: [string, string][]): void {
  for (const [name, text] of files) {
    mkdirSync(dirname(join(out, name)), { recursive: true });
    writeFileSync(join(out, name), text);
  }
}
const text = (name: string): string => readFileSync(join(out, name), "utf8");

/** An earlier export of two forms. */
const earlier = (): void =>
  put(
    ["masked/receipt.json", RECEIPT],
    ["masked/model-00001-of-00002.safetensors", "old"],
    ["onnx/receipt.json", RECEIPT],
    ["onnx/onnx/model.onnx_data_1", "old"],
  );

describe("what may be replaced", () => {
  it("nothing, an empty folder, and an export with all its files", () => {
    mkdirSync(join(out, "empty"));
    earlier();
    for (const name of ["none", "empty", "masked", "onnx"])
      expect(() => checkReplaceable(join(out, name))).not.toThrow();
  });

  it("an export with its LoRA adapter and every file that comes from the model", () => {
    const lora = ["lora/adapter_config.json", "lora/adapter_model.safetensors", "lora/README.md"];
    const companions = ["tokenizer.json", "tekken.json", "spiece.model", "LICENSE-MODEL", "Notices.txt", "COPYING"];
    for (const name of ["receipt.json", ...lora, ...companions]) put([`masked/${name}`, RECEIPT]);
    expect(() => checkReplaceable(join(out, "masked"))).not.toThrow();
  });

  it("an export in the parts of its model, but not those of another model", () => {
    const parts = (name: string): [string, string][] => [1, 2].map((i) => [`parts/${name}-0000${i}-of-00002.gguf`, ""]);
    put(["parts/receipt.json", RECEIPT], ...parts("tiny"));
    expect(() => checkReplaceable(join(out, "parts"))).not.toThrow();
    put(...parts("mine"));
    expect(() => checkReplaceable(join(out, "parts"))).toThrow(/which contains (mine|tiny)-00001-of-00002\.gguf\./);
  });

  it.each(["model-Q4_K_M.gguf", "sub/model.gguf", "sub/tokenizer.json"])("not a model beside it: %s", (name) => {
    put(["gguf/receipt.json", RECEIPT], ["gguf/model.gguf", ""], [`gguf/${name}`, "mine"]);
    expect(() => checkReplaceable(join(out, "gguf"))).toThrow(`which contains ${name}.`);
  });

  it("not a folder of other files, an export with something of one's own, or a file", () => {
    put(["notes/plan.txt", "mine"], ["mixed/receipt.json", RECEIPT], ["mixed/sub/plan.txt", "mine"]);
    put(["other/receipt.json", "{}"], ["file", ""]);
    const refusal = (name: string) => () => checkReplaceable(join(out, name));
    expect(refusal("notes")).toThrow(UsageError);
    expect(refusal("notes")).toThrow(
      /expected a new or empty folder or an earlier export, got .*notes, which contains plan\.txt/,
    );
    expect(refusal("mixed")).toThrow(/contains sub\/plan\.txt\. Name a new folder/);
    expect(refusal("other")).toThrow(/contains receipt\.json/);
    expect(refusal("file")).toThrow(/expected a folder, got .*file, which is a file/);
  });
});

describe("staging", () => {
  it("gives a form its folder when it has passed, without files of the earlier export", () => {
    earlier();
    const staged = stageForms(out, ["masked", "onnx"]);
    writeFileSync(join(staged.folder("masked"), "model.safetensors"), "new");
    writeFileSync(join(staged.folder("onnx"), "config.json"), "new");
    expect(text("masked/model-00001-of-00002.safetensors")).toBe("old");
    expect(staged.settle(["masked"])).toEqual([]);
    expect(readdirSync(out)).toEqual(["masked", "onnx"]);
    expect(readdirSync(join(out, "masked"))).toEqual(["model.safetensors"]);
    expect(text("masked/model.safetensors")).toBe("new");
  });

  it("keeps the earlier export of a form that has not passed, as it was", () => {
    earlier();
    const staged = stageForms(out, ["masked", "onnx", "gguf"]);
    writeFileSync(join(staged.folder("onnx"), "config.json"), "wrong");
    expect([staged.hasEarlier("onnx"), staged.hasEarlier("gguf")]).toEqual([true, false]);
    staged.settle([]);
    expect(readdirSync(out)).toEqual(["masked", "onnx"]);
    expect(readdirSync(join(out, "onnx"), { recursive: true }).sort()).toEqual([
      "onnx",
      join("onnx", "model.onnx_data_1"),
      "receipt.json",
    ]);
    expect(text("masked/model-00001-of-00002.safetensors")).toBe("old");
  });

  it("leaves what came into a folder meanwhile alone, and puts the export beside it", () => {
    earlier();
    const staged = stageForms(out, ["masked", "onnx"]);
    for (const name of ["masked", "onnx"] as const) writeFileSync(join(staged.folder(name), "receipt.json"), RECEIPT);
    put(["masked/thesis.txt", "mine"]);
    expect(staged.settle(["masked", "onnx"])).toEqual([
      expect.stringMatching(
        /--out: .*masked, which contains thesis\.txt\..* The export is in .*masked-new-\d+ instead\.$/,
      ),
    ]);
    expect(text("masked/thesis.txt")).toBe("mine");
    expect(readdirSync(out).sort()).toEqual(["masked", `masked-new-${process.pid}`, "onnx"]);
    expect(readdirSync(join(out, "onnx"))).toEqual(["receipt.json"]);
  });

  it("leaves the earlier export as it was where the work ends early, and clears what was left of it", () => {
    earlier();
    writeFileSync(join(stageForms(out, ["masked"]).folder("masked"), "model.safetensors.part"), "half");
    const again = stageForms(out, ["masked"]);
    expect(readdirSync(again.folder("masked"))).toEqual([]);
    again.drop();
    expect(existsSync(again.folder("masked"))).toBe(false);
    expect(text("masked/model-00001-of-00002.safetensors")).toBe("old");
  });

  it("has folders further down, and leaves none of them empty", () => {
    const staged = stageForms(out, ["keep-0.5/masked", "keep-0.7/masked"]);
    writeFileSync(join(staged.folder("keep-0.5/masked"), "model.safetensors"), "new");
    staged.settle(["keep-0.5/masked"]);
    expect(readdirSync(out)).toEqual(["keep-0.5"]);
    expect(readdirSync(join(out, "keep-0.5"))).toEqual(["masked"]);
    expect(text("keep-0.5/masked/model.safetensors")).toBe("new");
  });
});

describe("a folder that cannot be written is found before the work", () => {
  it.each([
    ["a file", "file", "ENOTDIR"],
    ["below a file", "file/below", "ENOTDIR"],
    ["below a device", "/dev/null/x", "ENOTDIR"],
  ])("%s", (_, path, code) => {
    put(["file", ""]);
    const place = path.startsWith("/") ? path : join(out, path);
    const stage = (): unknown => stageForms(place, ["masked"]);
    expect(stage).toThrow(UsageError);
    expect(stage).toThrow(`--out: expected a folder that can be written, got ${place} (${code}`);
  });
});

it("a folder that may not be written is refused before anything is made, and left as it was", () => {
  const place = join(out, "read-only");
  mkdirSync(place, { mode: 0o555 });
  chmodSync(out, 0o755);
  // root may write anywhere
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    expect(() => stageForms(place, ["masked"])).toThrow(
      `--out: expected a folder that can be written, got ${place} (EACCES`,
    );
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
  expect(readdirSync(place)).toEqual([]);
});

describe("checkpoints", () => {
  it("are there for --resume, and never replaced by another training", () => {
    expect(() => stageCheckpoints(out, true)).toThrow(/^--resume: expected checkpoints of an interrupted command in/);
    const first = stageCheckpoints(out, false);
    expect(first.hint()).toBeUndefined();
    put([".checkpoints/run.0.safetensors", ""]);
    expect(first.hint()).toContain("--resume");
    expect(() => stageCheckpoints(out, false)).toThrow(
      /which has checkpoints of one\. Add --resume to continue it, or delete/,
    );
    stageCheckpoints(out, true).remove();
    expect(readdirSync(out)).toEqual([]);
  });
});
