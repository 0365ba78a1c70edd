// A checkpoint: everything that a run needs to continue as if it had not stopped. Stored as safetensors, which other tools can open.
import { EngineError, invariant } from "../errors.ts";
import { parseJson } from "../formats/files/folder.ts";
import { collectBytes, memorySource } from "../formats/files/memoryFolder.ts";
import { readSafetensors, writeSafetensors } from "../formats/safetensors/safetensors.ts";
import { readReceiptRecipe } from "../formats/receipt/readReceipt.ts";
import { DEFAULT_RECIPE, recipeJson, type Recipe } from "../recipes/recipe.ts";
import { JsonField } from "../json/jsonFields.ts";
import { type MatmulTable, readMatmulTable } from "../matmul/matmulTable.ts";
import { readTargets, type Targets } from "../recipes/targets.ts";
import { checkTrained, checkUndamaged, readStep, withChecksum } from "./checkpointFields.ts";

export interface Checkpoint {
  recipe: Recipe;
  /** Steps done. */
  step: number;
  /** The targets so far; empty in a run for every ratio, and in checkpoints of older versions. */
  targets: Targets;
  /** Which model and calibration text the run belongs to. */
  subject: string;
  /** The matmul kernels of the session that wrote it, and their adapter; missing in checkpoints of older versions. */
  matmul?: { adapter: string; table: MatmulTable };
  /** The trained parameters and AdamW's two moments, flat, in the layout of the recipe's gate model. */
  theta: Float32Array<ArrayBuffer>;
  m: Float32Array<ArrayBuffer>;
  v: Float32Array<ArrayBuffer>;
}

const FORMAT = "espalier-checkpoint-1";
const TENSORS = ["theta", "m", "v"] as const;
const METADATA = ["format", "recipe", "step", "targets", "subject", "matmul"];

/** The checkpoint as the bytes of a safetensors file, in pieces that copy no array: those of a 7B model take 1.35 GB. */
export async function checkpointChunks(checkpoint: Checkpoint): Promise<AsyncIterable<Uint8Array<ArrayBuffer>>> {
  const { recipe, step, targets, subject, matmul } = checkpoint;
  const streams = TENSORS.map((name) => {
    const values = checkpoint[name];
    return {
      name,
      dtype: "F32" as const,
      shape: [values.length],
      chunks: () => [new Uint8Array(values.buffer, values.byteOffset, values.byteLength)],
    };
  });
  const metadata = {
    format: FORMAT,
    recipe: JSON.stringify(recipeJson(recipe)),
    step: String(step),
    targets: JSON.stringify(targets),
    subject,
    ...(matmul ? { matmul: JSON.stringify(matmul) } : {}),
  };
  const tensors = TENSORS.map((name) => checkpoint[name]);
  return writeSafetensors(streams, await withChecksum({ metadata, tensors }));
}

/** The same bytes, joined. */
export const encodeCheckpoint = async (checkpoint: Checkpoint): Promise<Uint8Array<ArrayBuffer>> =>
  collectBytes(await checkpointChunks(checkpoint));

const START_ANEW = "Start a new run.";

/**
 * Reads the bytes of `encodeCheckpoint`. Throws "format" if they are something else or damaged: every field is checked as strictly as in a
 * receipt, the parameters and moments have to be finite, and the checksum has to be theirs.
 */
export async function decodeCheckpoint(bytes: Uint8Array<ArrayBuffer>): Promise<Checkpoint> {
  const file = await readSafetensors(memorySource("checkpoint", bytes));
  const { format, recipe, step, subject, targets, matmul } = file.metadata;
  invariant(
    format === FORMAT && recipe !== undefined && step !== undefined && subject !== undefined,
    "format",
    `checkpoint: format: expected ${FORMAT}, got ${format ?? "nothing"}. It is from another program or version; start a new run.`,
  );
  const read = readRecipe(fieldOf("recipe", recipe));
  const [theta, m, v] = [await file.readFloat32("theta"), await file.readFloat32("m"), await file.readFloat32("v")];
  checkTrained({ theta, m, v }, START_ANEW);
  const checked = {
    recipe: read,
    step: readStep(new JsonField(step, "checkpoint", "step", START_ANEW), read.steps),
    targets: targets === undefined ? [] : readTargets(fieldOf("targets", targets)),
    subject,
    ...(matmul === undefined ? {} : { matmul: readMatmul(fieldOf("matmul", matmul)) }),
    ...{ theta, m, v },
  };
  await checkUndamaged({ metadata: file.metadata, tensors: [theta, m, v] }, METADATA, START_ANEW);
  return checked;
}

const fieldOf = (field: string, text: string): JsonField =>
  new JsonField(parseJson(text, "checkpoint", { field, advice: START_ANEW }), "checkpoint", field, START_ANEW);

/** A recipe of an older version lacks fields that did not exist then; their defaults give the same run. */
function readRecipe(field: JsonField): Recipe {
  const stored = Object.fromEntries(field.entries().map(([name, { value }]) => [name, value]));
  const complete = new JsonField({ ...recipeJson(DEFAULT_RECIPE), ...stored }, "checkpoint", "recipe", START_ANEW);
  try {
    return readReceiptRecipe(complete);
  } catch (error) {
    const { message, detail } = EngineError.from(error);
    throw new EngineError("format", message, detail);
  }
}

function readMatmul(field: JsonField): { adapter: string; table: MatmulTable } {
  return { adapter: field.get("adapter").text(), table: readMatmulTable(field.get("table")) };
}
