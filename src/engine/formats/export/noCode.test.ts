// No form of an export carries code, or a field by which transformers would find some, from the folder of its model.
import { beforeAll, expect, test } from "vitest";
import { oneLine } from "../card/cardParts.ts";
import { readJson } from "../files/folder.ts";
import { memoryFolder } from "../files/memoryFolder.ts";
import { outputFolder } from "../files/outputFile.ts";
import { exportOnnx } from "../onnx/exportOnnx.ts";
import { type ExportCase, goldenMasks, loadCase } from "./export.fixture.ts";
import { exportCompact } from "./exportCompact.ts";
import { companionFiles } from "./exportFiles.ts";
import { exportMasked } from "./exportMasked.ts";

const HOSTILE = [
  "tokenizer_evil.py",
  "tokenizer.py",
  "chat_template.py",
  "LICENSE.py",
  "license.pkl",
  "notice.so",
  "x.py",
];
const CODE = {
  auto_map: { AutoTokenizer: ["stranger/repo--evil.Evil", null], AutoModel: "tokenizer_evil.Evil" },
  custom_pipelines: { "text-generation": { impl: "evil.Pipe" } },
};
let source: ExportCase;

beforeAll(async () => {
  const golden = await loadCase("golden/llama", goldenMasks);
  const files: Record<string, Uint8Array | string> = {};
  for (const name of golden.folder.list().filter((file) => !/^(golden|recover|every|lowRank|no-)/.test(file))) {
    const file = await golden.folder.open(name);
    files[name] = await file.read(0, file.size);
  }
  for (const name of HOSTILE) files[name] = "import os";
  for (const name of ["config.json", "tokenizer_config.json", "generation_config.json"])
    files[name] = JSON.stringify({ ...((await readJson(await golden.folder.open(name))) as object), ...CODE });
  files["LICENSE-MODEL.md"] = "MIT";
  source = { ...golden, folder: memoryFolder("m", files) };
});

test.each([
  ["masked", exportMasked, []],
  ["compact", exportCompact, ["modeling_espalier.py"]],
  ["onnx", exportOnnx, []],
])("%s", async (_, write, own) => {
  const folder = outputFolder("out", await write(source));
  const names = folder.list();
  expect(names.filter((name) => /\.(py|pkl|so)$/.test(name))).toEqual(own);
  expect(names).toEqual(expect.arrayContaining(["LICENSE-MODEL.md", "tokenizer.json", "tokenizer_config.json"]));
  for (const name of ["config.json", "tokenizer_config.json", "generation_config.json"]) {
    const text = JSON.stringify(await readJson(await folder.open(name)));
    expect(text).not.toMatch(/evil|custom_pipelines/);
    expect(text.includes("auto_map")).toBe(name === "config.json" && own.length > 0);
  }
});

test("settings without code are copied byte for byte, and those that only some parsers read are left out", async () => {
  const settings = '{ "a" : 1.0 }';
  const folder = memoryFolder("m", {
    ...{ "tokenizer_config.json": settings, "generation_config.json": '{"auto_map": {}, "x": NaN}' },
  });
  const out = outputFolder("out", await companionFiles(folder));
  expect(out.list()).toEqual(["tokenizer_config.json"]);
  const file = await out.open("tokenizer_config.json");
  expect(new TextDecoder().decode(await file.read(0, file.size))).toBe(settings);
});

test("a name is text in a card, whatever markup it contains", () => {
  expect(oneLine("<script>alert(1)</script>")).toBe("\\<script\\>alert(1)\\</script\\>");
  expect(oneLine("[a](javascript:b) `c` *d* | e\\")).toBe("\\[a\\](javascript:b) \\`c\\` \\*d\\* \\| e\\\\");
  expect(oneLine("a\n# b\u202ec\u0000\u001b[31m")).toBe("a # b c \\[31m");
  expect(oneLine("x".repeat(1e6)).length).toBeLessThan(210);
});
