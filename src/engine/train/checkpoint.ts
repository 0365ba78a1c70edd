// A checkpoint: everything that a run needs to continue as if it had not stopped. Stored as safetensors, which other tools can open.
import { sentence } from "../../shared/format.ts";
import { EngineError, invariant } from "../errors.ts";
import { parseJson } from "../formats/files/folder.ts";
import { collectBytes, memorySource } from "../formats/files/memoryFolder.ts";
import { readSafetensors, writeSafetensors } from "../formats/safetensors/safetensors.ts";
import { checkRecipe, DEFAULT_RECIPE, recipeJson, recipeOf, type Recipe, type RecipeJson } from "../recipes/recipe.ts";
import { JsonField } from "../json/jsonFields.ts";
import { type MatmulTable, readMatmulTable } from "../matmul/matmulTable.ts";
import { readTargets, type Targets } from "../recipes/targets.ts";

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

/** The checkpoint as the bytes of a safetensors file. */
export function encodeCheckpoint(checkpoint: Checkpoint): Promise<Uint8Array<ArrayBuffer>> {
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
  return collectBytes(
    writeSafetensors(streams, {
      format: FORMAT,
      recipe: JSON.stringify(recipeJson(recipe)),
      step: String(step),
      targets: JSON.stringify(targets),
      subject,
      ...(matmul ? { matmul: JSON.stringify(matmul) } : {}),
    }),
  );
}

/** Reads the bytes of `encodeCheckpoint`. Throws "format" if they are something else or damaged. */
export async function decodeCheckpoint(bytes: Uint8Array<ArrayBuffer>): Promise<Checkpoint> {
  const file = await readSafetensors(memorySource("checkpoint", bytes));
  const { format, recipe, step, subject } = file.metadata;
  invariant(
    format === FORMAT && recipe !== undefined && step !== undefined && subject !== undefined,
    "format",
    `checkpoint: format: expected ${FORMAT}, got ${format ?? "nothing"}. It is from another program or version; start a new run.`,
  );
  let parsed: Recipe;
  let targets: Targets;
  try {
    // A recipe of an older version lacks fields that did not exist then; their defaults give the same run.
    parsed = checkRecipe(recipeOf({ ...recipeJson(DEFAULT_RECIPE), ...(JSON.parse(recipe) as Partial<RecipeJson>) }));
    targets = readTargets(new JsonField(JSON.parse(file.metadata["targets"] ?? "[]"), "checkpoint", "targets"));
  } catch (error) {
    throw new EngineError(
      "format",
      `checkpoint: recipe: ${sentence(EngineError.from(error).message)} Start a new run.`,
    );
  }
  const [theta, m, v] = await Promise.all(TENSORS.map((name) => file.readFloat32(name)));
  invariant(
    theta && m && v && theta.length === m.length && m.length === v.length,
    "format",
    `checkpoint: expected theta, m and v of equal length, got ${[theta, m, v].map((values) => values?.length ?? 0).join(", ")}. Start a new run.`,
  );
  const matmul = readMatmul(file.metadata["matmul"]);
  return { recipe: parsed, step: Number(step), targets, subject, ...(matmul ? { matmul } : {}), theta, m, v };
}

function readMatmul(text: string | undefined): Checkpoint["matmul"] {
  if (text === undefined) return undefined;
  const advice = "Start a new run.";
  const field = new JsonField(parseJson(text, "checkpoint: matmul", advice), "checkpoint", "matmul", advice);
  return { adapter: field.get("adapter").text(), table: readMatmulTable(field.get("table")) };
}
