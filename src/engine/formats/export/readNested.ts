// Reads the nested form: the largest compact model, and the index lists of each ratio inside it, checked against nested.json.
import { VECTORS_PER_BLOCK } from "../../../shared/vectors.ts";
import { byBlock } from "../../masks/gates.ts";
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
import { ORIGINAL_FILE, readPerplexity, readShare, readVersion } from "../receipt/receiptFields.ts";
import { readSafetensors } from "../safetensors/safetensors.ts";
import { requireTensor } from "../safetensors/safetensorsHeader.ts";

/** The kept positions of one ratio, by vector. */
export interface NestedLists {
  /** Among the kept gates of the largest model. */
  inside: Uint32Array<ArrayBuffer>[];
  /** Among all gates of the base model. */
  lists: Uint32Array<ArrayBuffer>[];
}

interface NestedModel {
  largest: CompactModel;
  /** Ascending. */
  ratios: (NestedRatio & NestedLists)[];
}

/** Opens a folder that the nested export wrote. Throws "format" naming the field or list that is missing or contradicts the model. */
export async function readNested(folder: Folder): Promise<NestedModel> {
  const largest = await readCompact(folder);
  const root = new JsonField(await readJson(await folder.open(NESTED_FILE)), NESTED_FILE, "", ORIGINAL_FILE);
  const ratios = readNestedJson(root, largest.config.layers);
  const found: NestedModel["ratios"] = [];
  for (const ratio of ratios) found.push({ ...ratio, ...(await readNestedLists(folder, largest, ratio)) });
  return { largest, ratios: found };
}

/** The lists of one ratio. Throws "format" where a list is missing, not ascending, out of range or contradicts `widths`. */
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
    const count = counts[vector] ?? 0;
    inside.push(await readIndices(source, { file: NESTED_LISTS_FILE, name, size: list.length, count }));
  }
  return { inside, lists: inside.map((list, vector) => list.map((position) => outer[vector]?.[position] ?? 0)) };
}

function readNestedJson(root: JsonField, layers: number): NestedRatio[] {
  readVersion(root.get("format"), NESTED_FORMAT);
  root.get("program").get("name").oneOf(["Espalier"]);
  root.get("program").get("version").text();
  const fields = root.get("ratios").list();
  const ratios = fields.map((field) => readRatio(field, layers));
  ratios.forEach(({ ratio }, i) => {
    const before = ratios[i - 1]?.ratio ?? 0;
    if (ratio <= before) fields[i]?.get("keep").refuse(`a ratio above ${before}, in ascending order`);
  });
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
