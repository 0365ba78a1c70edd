// Which model of a folder is opened: folders as people have them, and GGUF files beside each other or in parts.
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { licenceOf } from "../card/licence.ts";
import { type Folder } from "../files/folder.ts";
import { memoryFolder } from "../files/memoryFolder.ts";
import { openWeights } from "../safetensors/safetensors.ts";
import { entry, ggufFile, text } from "./files.fixture.ts";
import { modelFolder } from "./modelFolder.ts";
import { ggufOfFolder, ggufPartsOfFolder } from "./models.fixture.ts";

const GOLDEN = Object.fromEntries(
  readdirSync("golden/llama").map((file) => [file, readFileSync(`golden/llama/${file}`)] as const),
);
const golden = memoryFolder("llama", GOLDEN);
const bytes = await ggufOfFolder(golden);
const projector = ggufFile({ entries: [entry("general.architecture", 8, text("clip"))] });
const open = (files: Record<string, Uint8Array | string>): Promise<Folder> => modelFolder(memoryFolder("f", files));

/** All values of the model, to compare folders by. */
async function valuesOf(folder: Folder): Promise<Record<string, Float32Array>> {
  const weights = await openWeights(folder);
  return Object.fromEntries(
    await Promise.all(weights.names.map(async (name) => [name, await weights.readFloat32(name)] as const)),
  );
}
const expected = await valuesOf(golden);

it("opens a GGUF file alone, with config.json, a projector or a card beside it", async () => {
  for (const beside of [{}, { "config.json": "{}" }, { "mmproj-F16.gguf": projector }, { "vision.gguf": projector }]) {
    const folder = await open({ "small.gguf": bytes, "README.md": "x", LICENSE: "MIT", ...beside });
    expect(folder.name).toBe("small");
    expect(await valuesOf(folder)).toEqual(expected);
    expect(folder.list()).toContain("LICENSE");
    const [name] = Object.keys(beside);
    expect(folder.notes?.join(" ") ?? "").toContain(name ?? "");
  }
});

it("takes the licence of the card beside a GGUF file that states none", async () => {
  const silent = await ggufOfFolder(golden, { more: [entry("general.license", 8, text(""))] });
  const card = "---\nlicense: apache-2.0\n---\n";
  expect(await licenceOf(await open({ "m.gguf": silent, "README.md": card }))).toBe("apache-2.0");
  expect(await licenceOf(await open({ "m.gguf": bytes, "README.md": card }))).toBe("mit");
});

it("prefers safetensors to a GGUF file beside them, with a note", async () => {
  const folder = await open({ ...GOLDEN, "small.gguf": projector });
  expect(await valuesOf(folder)).toEqual(expected);
  expect(folder.notes?.join()).toMatch(/GGUF files take no part: small\.gguf/);
});

it("refuses several models by name, each in one file or in parts", async () => {
  const parts = await ggufPartsOfFolder(golden, { count: 2, stem: "m-Q8_0" });
  await expect(open({ "m-Q4_0.gguf": bytes, "m-F32.gguf": bytes, ...parts })).rejects.toThrow(
    "f: expected one GGUF file, got 3 (m-F32.gguf, m-Q4_0.gguf, m-Q8_0-00001-of-00002.gguf in 2 parts). They are different models, or one in different precisions. Open one of them without the others, for example m-F32.gguf.",
  );
});

it("opens the parts of a model as one", async () => {
  const folder = await open(await ggufPartsOfFolder(golden, { count: 3, stem: "small-F32" }));
  expect(folder.name).toBe("small-F32");
  expect(await valuesOf(folder)).toEqual(expected);
});

it("refuses parts that are missing, or that do not belong together", async () => {
  const parts = await ggufPartsOfFolder(golden, { count: 3, stem: "s" });
  const { "s-00002-of-00003.gguf": second, ...others } = parts;
  await expect(open(others)).rejects.toThrow(/got 2 \(missing: s-00002-of-00003\.gguf\)/);
  await expect(open({ ...others, "s-00002-of-00003.gguf": parts["s-00003-of-00003.gguf"]! })).rejects.toThrow(
    /s-00002-of-00003\.gguf: split\.no: expected 1, as in its name \(which counts from 1\), got 2/,
  );
  await expect(open({ "other.gguf": second! })).rejects.toThrow(/other\.gguf: split\.count: expected 1, or a name/);
  const counted = await ggufPartsOfFolder(golden, { count: 2, stem: "s", split: { tensors: 7 } });
  await expect(open(counted)).rejects.toThrow(/split\.tensors\.count: expected \d+, the tensors of all parts, got 7/);
  const wrong = await ggufPartsOfFolder(golden, { count: 2, stem: "s", split: { count: 4 } });
  await expect(open(wrong)).rejects.toThrow(/split\.count: expected 2, as in its name, got 4/);
  await expect(open({ "s-00001-of-00002.gguf": bytes, "s-00002-of-00002.gguf": bytes })).rejects.toThrow(
    /split\.count: expected 2, as in its name, got nothing/,
  );
});

it("says that a model which cannot be opened was read from parts", async () => {
  const more = [entry("general.architecture", 8, text("mamba"))];
  await expect(open(await ggufPartsOfFolder(golden, { count: 2, stem: "s", more }))).rejects.toThrow(
    /mamba.*The file is in 2 parts, which were read as one; llama-gguf-split --merge joins them/,
  );
});
