// Reads the nested form back: the largest compact model, and for each ratio its index lists inside it, checked against nested.json.
import { invariant } from "../../errors.ts";
import { byBlock, VECTORS_PER_BLOCK } from "../../masks/gates.ts";
import {
  NESTED_FILE,
  NESTED_FORMAT,
  NESTED_LISTS_FILE,
  type NestedRatio,
  nestedTensorName,
  ratioName,
} from "./exportNested.ts";
import { type Folder, readJson } from "../files/folder.ts";
import { JsonField } from "../../json/jsonFields.ts";
import { readLogitSample } from "../receipt/logitSample.ts";
import { type CompactModel, readCompact, readIndices } from "./readCompact.ts";
import { readPerplexity, readShare } from "../receipt/receiptFields.ts";
import { readSafetensors } from "../safetensors/safetensors.ts";
import { requireTensor } from "../safetensors/safetensorsHeader.ts";

/** A model of a nested one: lists of positions among the kept gates of the largest, and among all gates of the base model. */
export interface NestedLists {
  inside: Uint32Array<ArrayBuffer>[];
  lists: Uint32Array<ArrayBuffer>[];
}

export interface NestedModel {
  largest: CompactModel;
  /** Ascending. */
  ratios: (NestedRatio & NestedLists)[];
}

/** Opens a folder that the nested export wrote. Throws "format" naming the field or list that is missing or contradicts the model. */
export async function readNested(folder: Folder): Promise<NestedModel> {
  const largest = await readCompact(folder);
  const root = new JsonField(await readJson(await folder.open(NESTED_FILE)), NESTED_FILE);
  const ratios = readNestedJson(root, largest.config.layers);
  const found: NestedModel["ratios"] = [];
  for (const ratio of ratios) found.push({ ...ratio, ...(await readNestedLists(folder, largest, ratio)) });
  return { largest, ratios: found };
}

/** The lists of one ratio. Throws "format" where a list is missing, not ascending, out of range or not as long as `widths` say. */
export async function readNestedLists(
  folder: Folder,
  { config, lists: outer }: CompactModel,
  { ratio, widths }: Pick<NestedRatio, "ratio" | "widths">,
): Promise<NestedLists> {
  const file = await readSafetensors(await folder.open(NESTED_LISTS_FILE));
  const source = {
    info: (name: string) => requireTensor(NESTED_LISTS_FILE, file.tensors, name),
    readBytes: file.readTensor,
  };
  const counts = widths.flat();
  const inside: Uint32Array<ArrayBuffer>[] = [];
  for (const [vector, list] of outer.entries()) {
    const name = nestedTensorName(ratio, config, vector);
    inside.push(await readIndices(source, name, list.length, counts[vector] ?? 0));
  }
  return { inside, lists: inside.map((list, vector) => list.map((place) => outer[vector]?.[place] ?? 0)) };
}

function readNestedJson(root: JsonField, layers: number): NestedRatio[] {
  root.get("format").oneOf([NESTED_FORMAT]);
  root.get("program").get("name").oneOf(["Espalier"]);
  root.get("program").get("version").text();
  const ratios = root
    .get("ratios")
    .list()
    .map((field) => readRatio(field, layers));
  invariant(
    ratios.every(({ ratio }, i) => i === 0 || ratio > (ratios[i - 1]?.ratio ?? 0)),
    "format",
    `${NESTED_FILE}: ratios: expected ascending kept shares, got ${ratios.map(({ ratio }) => ratio).join(", ")}`,
  );
  return ratios;
}

function readRatio(field: JsonField, layers: number): NestedRatio {
  const ratio = field.get("keep").number({ min: 0, max: 1 });
  const check = field.get("check");
  const widths = field
    .get("widths")
    .list(layers)
    .flatMap((row) => row.list(VECTORS_PER_BLOCK).map((width) => width.number({ min: 1, whole: true })));
  return {
    ratio,
    name: field.get("name").oneOf([ratioName(ratio)]),
    blockWeights: readShare(field.get("blockWeights")),
    widths: byBlock(widths),
    perplexity: field.get("perplexity").list().map(readPerplexity),
    check: {
      runtime: check.get("runtime").text(),
      version: check.get("version").text(),
      tokens: check.get("tokens").count(),
      maxAbsLogitDifference: check.get("maxAbsLogitDifference").number({ min: 0 }),
      argmaxAgreement: check.get("argmaxAgreement").number({ min: 0, max: 1 }),
    },
    sample: readLogitSample(field.get("sample")),
  };
}
