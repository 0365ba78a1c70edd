// A block of single weights that was pruned before an interrupt, as the bytes of a safetensors file.
import type { ModelConfig } from "../config/config.ts";
import { parseJson } from "../formats/files/folder.ts";
import { collectBytes, memorySource } from "../formats/files/memoryFolder.ts";
import { readError } from "../formats/files/readError.ts";
import { readWeightRecipe } from "../formats/receipt/weightReceipt.ts";
import { readSafetensors, writeSafetensors } from "../formats/safetensors/safetensors.ts";
import { JsonField } from "../json/jsonFields.ts";
import { mlpMatrices } from "../masks/mlpMatrices.ts";
import { type WeightMask, weightsOf, wordsOf } from "../masks/weightMasks.ts";
import type { PrunedBlock } from "../prune/weights/prunedBlock.ts";
import type { WeightRecipe } from "../recipes/weightRecipe.ts";
import { checkUndamaged, withChecksum } from "./checkpointFields.ts";

interface SavedBlock {
  recipe: WeightRecipe;
  /** Which model and calibration text it belongs to. */
  subject: string;
  pruned: PrunedBlock;
}

const FORMAT = "espalier-pruned-block-1";
const METADATA = ["format", "subject", "state"];
const START_ANEW = "Leave out --resume to start anew.";

const NORMS = ["input", "middle"] as const;

/** The words of a mask and the values of a matrix are in tensors of these names, by the index of the matrix in its block. */
const maskName = (i: number): string => `mask${i}`;
const valuesName = (i: number): string => `values${i}`;

/** The block as the bytes of a safetensors file; `decodeBlock` is the inverse. */
export async function encodeBlock({ recipe, subject, pruned }: SavedBlock): Promise<Uint8Array<ArrayBuffer>> {
  const { block, masks, norms, values = [] } = pruned;
  const tensors = [
    ...masks.map(({ bits }, i) => ({ name: maskName(i), dtype: "U32" as const, data: bits })),
    ...values.map((data, i) => ({ name: valuesName(i), dtype: "F32" as const, data })),
    ...NORMS.flatMap((name) => (norms ? [{ name, dtype: "F32" as const, data: norms[name] }] : [])),
  ];
  const streams = tensors.map(({ name, dtype, data }) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return { name, dtype, shape: [data.length], chunks: () => [bytes] };
  });
  const has = { norms: norms !== undefined, values: values.length > 0 };
  const metadata = { format: FORMAT, subject, state: JSON.stringify({ recipe, block, ...has }) };
  return collectBytes(
    writeSafetensors(streams, await withChecksum({ metadata, tensors: tensors.map(({ data }) => data) })),
  );
}

/**
 * Reads the bytes of `encodeBlock` for block `block` of a model. Throws "format" where they are something else, damaged, or of other matrices.
 * The caller compares subject and recipe.
 */
export async function decodeBlock(
  bytes: Uint8Array<ArrayBuffer>,
  { config, block }: { config: ModelConfig; block: number },
): Promise<SavedBlock> {
  const file = await readSafetensors(memorySource("checkpoint", bytes));
  const { format, subject = "", state = "{}" } = file.metadata;
  if (format !== FORMAT)
    throw readError({ ...AT, field: "format", expected: FORMAT, got: format ?? "nothing", advice: START_ANEW });
  const json = parseJson(state, AT.file, { field: "state", advice: START_ANEW });
  const field = new JsonField(json, AT.file, "state", START_ANEW);
  if (field.get("block").count() !== block) field.get("block").refuse(String(block));
  const matrices = mlpMatrices(config).filter((matrix) => matrix.block === block);
  const masks: WeightMask[] = [];
  const [updated, observed] = [field.get("values").flag(), field.get("norms").flag()];
  const values: Float32Array<ArrayBuffer>[] = [];
  for (const [i, matrix] of matrices.entries()) {
    const bits = new Uint32Array((await file.readTensor(maskName(i))).slice().buffer);
    requireLength(maskName(i), bits.length, wordsOf(matrix));
    masks.push({ matrix, bits });
    if (!updated) continue;
    values.push(await file.readFloat32(valuesName(i)));
    requireLength(valuesName(i), values.at(-1)?.length, weightsOf(matrix));
  }
  const norms = observed && { input: await file.readFloat32("input"), middle: await file.readFloat32("middle") };
  const tensors = [...masks.map(({ bits }) => bits), ...values, ...(norms ? [norms.input, norms.middle] : [])];
  await checkUndamaged({ metadata: file.metadata, tensors }, METADATA, START_ANEW);
  const pruned = { block, masks, ...(norms ? { norms } : {}), ...(updated ? { values } : {}) };
  return { subject, recipe: readWeightRecipe(field.get("recipe")), pruned };
}

const AT = { file: "checkpoint" } as const;

function requireLength(field: string, got: number | undefined, expected: number): void {
  if (got !== expected)
    throw readError({ ...AT, field, expected: `${expected} elements`, got: String(got), advice: START_ANEW });
}
