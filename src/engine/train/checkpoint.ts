// A checkpoint: all that a run needs to go on as if it had never stopped. Kept as safetensors, so that others can look inside.
import { EngineError, invariant } from "../errors.ts";
import { collectBytes, memorySource } from "../formats/files/memoryFolder.ts";
import { readSafetensors, writeSafetensors } from "../formats/safetensors/safetensors.ts";
import { checkRecipe, DEFAULT_RECIPE, recipeJson, recipeOf, type Recipe, type RecipeJson } from "../recipes/recipe.ts";

export interface Checkpoint {
  recipe: Recipe;
  /** Steps done. */
  step: number;
  /** Which model and calibration text the run belongs to. */
  subject: string;
  /** The trained parameters and AdamW's two moments, flat, as the recipe's gates lay them out. */
  theta: Float32Array<ArrayBuffer>;
  m: Float32Array<ArrayBuffer>;
  v: Float32Array<ArrayBuffer>;
}

const FORMAT = "espalier-checkpoint-1";
const TENSORS = ["theta", "m", "v"] as const;

/** The checkpoint as the bytes of a safetensors file. */
export function encodeCheckpoint(checkpoint: Checkpoint): Promise<Uint8Array<ArrayBuffer>> {
  const { recipe, step, subject } = checkpoint;
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
      subject,
    }),
  );
}

/** Reads what encodeCheckpoint wrote. Throws "format" where it is something else or damaged. */
export async function decodeCheckpoint(bytes: Uint8Array<ArrayBuffer>): Promise<Checkpoint> {
  const file = await readSafetensors(memorySource("checkpoint", bytes));
  const { format, recipe, step, subject } = file.metadata;
  invariant(
    format === FORMAT && recipe !== undefined && step !== undefined && subject !== undefined,
    "format",
    `the checkpoint is of another program or version (format ${format ?? "missing"}); start a new run`,
  );
  let parsed: Recipe;
  try {
    // a recipe of an older version lacks what was always at its default then
    parsed = checkRecipe(recipeOf({ ...recipeJson(DEFAULT_RECIPE), ...(JSON.parse(recipe) as Partial<RecipeJson>) }));
  } catch (error) {
    throw new EngineError("format", `the checkpoint's recipe cannot be read: ${EngineError.from(error).message}`);
  }
  const [theta, m, v] = await Promise.all(TENSORS.map((name) => file.readFloat32(name)));
  invariant(
    theta && m && v && theta.length === m.length && m.length === v.length,
    "format",
    "the checkpoint's tensors have different lengths",
  );
  return { recipe: parsed, step: Number(step), subject, theta, m, v };
}
