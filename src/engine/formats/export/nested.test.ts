// The nested form of a golden LLaMA: what is written is read back, every smaller model is inside the largest, inconsistent files are refused.
import { beforeAll, describe, expect, it } from "vitest";
import { type ModelConfig, readConfig } from "../../config/config.ts";
import { cutReader } from "../../prune/gates/cutReader.ts";
import { countsOf } from "../../masks/budget.ts";
import { indexLists } from "../../masks/compact.ts";
import { byBlock, gateLayout, type Masks } from "../../masks/gates.ts";
import { blockTensors } from "../../masks/tensorGates.ts";
import { loadFolder } from "./export.fixture.ts";
import { exportCompact } from "./exportCompact.ts";
import {
  keptOfRatio,
  NESTED_FILE,
  NESTED_LISTS_FILE,
  nestedCardFile,
  nestedFile,
  nestedListsFile,
  type NestedRatio,
  nestedTensorName,
  ratioName,
} from "./exportNested.ts";
import { type Folder, readJson } from "../files/folder.ts";
import { collect, jsonFile, type OutputFile, outputFolder, textFile } from "../files/outputFile.ts";
import { readNested } from "./readNested.ts";
import { openWeights, readSafetensors, type Weights } from "../safetensors/safetensors.ts";

const RATIOS = [0.5, 0.7, 0.805];
const text = { name: "a text", sha256: "0".repeat(64) };

let folder: Folder;
let config: ModelConfig;
let weights: Weights;
let members: { ratio: number; masks: Masks }[];
let files: OutputFile[];
let ratios: NestedRatio[];

beforeAll(async () => {
  folder = loadFolder("golden/llama");
  config = readConfig(await readJson(await folder.open("config.json")));
  weights = await openWeights(folder);
  members = RATIOS.map((ratio) => ({
    ratio,
    // one number per gate, so that a larger ratio keeps everything that a smaller one does
    masks: gateLayout(config).sizes.map((size, vector) =>
      Uint8Array.from({ length: size }, (_, gate) => ((gate * 37 + vector * 11) % 100 < 100 * ratio ? 1 : 0)),
    ),
  }));
  const largest = members.at(-1)?.masks ?? [];
  ratios = members.map(({ ratio, masks }) => ({
    ...{ ratio, name: ratioName(ratio), ...keptOfRatio(config, masks) },
    perplexity: [{ text, context: 64, tokens: 640, beginToken: false, dense: 20, pruned: 30 }],
    check: { runtime: "engine", version: "0.1.0", tokens: 64, maxAbsLogitDifference: 1e-6, argmaxAgreement: 1 },
    sample: { ids: [3], top: [{ ids: [5, 1], logits: [2.5, 1] }] },
  }));
  files = [
    ...(await exportCompact({ folder, config, masks: largest })),
    nestedListsFile(config, largest, members),
    nestedFile("0.1.0", ratios),
  ];
});

/** The export with one file in place of another. */
const changed = (file: OutputFile): Folder =>
  outputFolder("nested", [...files.filter(({ name }) => name !== file.name), file]);

describe("the nested form", () => {
  it("names lists by ratio, block and vector", () => {
    expect([0.5, 0.35, 0.805, 0.8].map(ratioName)).toEqual(["keep-0.50", "keep-0.35", "keep-0.805", "keep-0.80"]);
    expect(nestedTensorName(0.5, config, 7)).toBe("keep-0.50.model.layers.1.espalier.s3");
  });

  it("is read back with the numbers and lists that were written", async () => {
    const found = await readNested(outputFolder("nested", files));
    expect(found.ratios).toMatchObject(ratios);
    found.ratios.forEach(({ lists, widths }, i) => {
      const { masks } = members[i] ?? { masks: [] };
      expect(lists).toEqual(indexLists(masks));
      expect(widths).toEqual(byBlock(countsOf(masks)));
    });
    expect(found.ratios.at(-1)?.inside.every((list) => list.every((position, i) => position === i))).toBe(true);
  });

  it("cuts the same weights out of the largest model as out of the original, bit for bit", async () => {
    const { largest, ratios: read } = await readNested(outputFolder("nested", files));
    for (const [i, { inside }] of read.entries()) {
      const direct = cutReader(weights, config.family, indexLists(members[i]?.masks ?? []));
      const again = cutReader(largest.weights, config.family, inside);
      for (const { name } of blockTensors(config)) {
        expect(again.info(name).shape).toEqual(direct.info(name).shape);
        expect(await again.readFloat32(name), name).toEqual(await direct.readFloat32(name));
      }
    }
  });

  it("has its lists in I32 and its numbers in the card", async () => {
    const lists = await readSafetensors(await outputFolder("nested", files).open(NESTED_LISTS_FILE));
    expect(lists.tensors.size).toBe(RATIOS.length * gateLayout(config).sizes.length);
    expect([...lists.tensors.values()].every(({ dtype }) => dtype === "I32")).toBe(true);
    const card = new TextDecoder().decode(await collect(await nestedCardFile(textFile("README.md", "# a\n"), ratios)));
    expect(card).toMatch(/^# a\n\n## Several ratios in one\n/);
    expect(card).toContain("keep=0.5)");
    expect(card).toMatch(/\| 0\.7 \| \d\d\.\d % \| 30\.00 \| 20\.00 \| 1\.0e-6 \|/);
  });
});

describe("what is refused", () => {
  it("masks that are not inside the largest", () => {
    const [small, , large] = members.map(({ masks }) => masks);
    const given = members.slice(0, 1).map((one) => ({ ...one, masks: large ?? [] }));
    expect(() => nestedListsFile(config, small ?? [], given)).toThrow(
      /expected to be kept in the larger architecture too, got pruned/,
    );
  });

  it("another version, a wrong name or order, widths that contradict the lists", async () => {
    const written = ratios.map(({ ratio, ...rest }) => ({ keep: ratio, ...rest }));
    const nested = { format: 1, program: { name: "Espalier", version: "0.1.0" }, ratios: written };
    const [first, second] = written;
    const attempts: [object, RegExp][] = [
      [{ ...nested, format: 2 }, /nested\.json: format: expected 1, got 2/],
      [{ ...nested, ratios: [{ ...first, name: "keep-0.7" }] }, /ratios\[0\]\.name: expected one of keep-0\.50/],
      [
        { ...nested, ratios: [second, first] },
        /ratios\[1\]\.keep: expected a ratio above 0\.7, in ascending order, got 0\.5/,
      ],
      [
        { ...nested, ratios: [{ ...first, widths: second?.widths }] },
        /keep-0\.50\.model\.layers\.0\.espalier\.s1: expected \d+ indices/,
      ],
      [
        { ...nested, ratios: [{ ...first, keep: 0.6, name: "keep-0.60" }] },
        /keep-0\.60\.model\.layers\.0\.espalier\.s1/,
      ],
    ];
    for (const [json, reason] of attempts) {
      await expect(readNested(changed(jsonFile(NESTED_FILE, json)))).rejects.toThrow(reason);
    }
  });

  it("lists of another model", async () => {
    const [small] = members;
    const wrong = nestedListsFile(
      config,
      members.at(-1)?.masks ?? [],
      members.map(({ ratio }) => ({ ratio, masks: small?.masks ?? [] })),
    );
    await expect(readNested(changed(wrong))).rejects.toThrow(
      /keep-0\.70\.model\.layers\.0\.espalier\.s1: expected \d+ indices/,
    );
  });
});
