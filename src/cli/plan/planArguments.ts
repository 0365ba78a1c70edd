// The arguments of npm run plan: a model's config, or the header of a GGUF file, and what is planned for it.
import { existsSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { diskFolder } from "../../../scripts/diskFolder.ts";
import { readJson } from "../../engine/formats/files/folder.ts";
import { ggufFolder } from "../../engine/formats/gguf/ggufFolder.ts";
import { openParts } from "../../engine/formats/gguf/ggufParts.ts";
import { openWeights, type Weights as FileWeights } from "../../engine/formats/safetensors/safetensors.ts";
import { EngineError } from "../../engine/errors.ts";
import { DEFAULT_RECIPE, RECIPE_BOUNDS } from "../../engine/recipes/recipe.ts";
import { MEMORY_OPTIONS, readMemoryArgument } from "../arguments/memoryArgument.ts";
import { readStorageArgument } from "../arguments/storageArgument.ts";
import type { WeightStorage } from "../../engine/dtype.ts";
import { existingModel, optionalWhole, parseValues, requiredText } from "../arguments/arguments.ts";
import { UsageError } from "../arguments/usageError.ts";
import type { PlanRequest } from "../page/planModel.ts";

/** Tokens of a perplexity window in the studio. */
const WINDOW = 512;

export const PLAN_USAGE = `usage: npm run plan -- --model DIR|FILE.gguf [--tokens ${DEFAULT_RECIPE.tokens}] [--weights f16] [--memory-gb N] [--window ${WINDOW}]
Prints the GPU memory that training and measuring a model takes, as one line of JSON; the choices as a table on stderr.
  --model     a folder with a config.json, whose weights need not be there, or a GGUF file
  --tokens    tokens of a training step
  --weights   how matrices are stored on the GPU: f32, f16, q8_0, q4_0, or file (as in the GGUF file)
  --memory-gb memory of your GPU, in units of 10^9 bytes: the fastest choice that fits is taken
  --window    tokens of a perplexity window, and of a generated text
Exit code 1 if no choice fits, 2 if the model cannot be planned.`;

/** What is planned, and `weights` as given. */
type PlanArguments = PlanRequest & { weights: WeightStorage };

/** Reads the arguments and the config. Throws a UsageError that names the argument. */
export async function readPlanArguments(argv: readonly string[]): Promise<PlanArguments> {
  const text = { type: "string" } as const;
  const values = parseValues(argv, { model: text, tokens: text, weights: text, ...MEMORY_OPTIONS, window: text });
  const path = existingModel(requiredText(values, "model"));
  const weights = readStorageArgument({ weights: values["weights"] ?? "f16" });
  const reading = statSync(path).isDirectory() ? configIn(path, weights) : configOfGguf(path);
  const model = await reading.catch((error: unknown) => {
    // exit code 1 says that no choice fits
    throw error instanceof UsageError ? error : new UsageError(`--model: ${EngineError.from(error).message}`);
  });
  const { min } = RECIPE_BOUNDS.tokens;
  return {
    ...{ name: basename(path), config: model.config, weights },
    ...(model.weights ? { stored: model.weights } : {}),
    choice: {
      precision: weights,
      trainingTokens: optionalWhole(values, "tokens", { min }) ?? DEFAULT_RECIPE.tokens,
      evaluationTokens: optionalWhole(values, "window", { min }) ?? WINDOW,
      ...readMemoryArgument(values),
    },
  };
}

interface ModelConfigFile {
  config: unknown;
  /** The tensors of a GGUF file. */
  weights?: FileWeights;
}

async function configIn(folder: string, weights: WeightStorage): Promise<ModelConfigFile> {
  if (weights === "file")
    throw new UsageError(
      `--weights file: expected a GGUF file, whose header has the types of its matrices, got the folder "${folder}"`,
    );
  if (!existsSync(join(folder, "config.json")))
    throw new UsageError(`--model: expected a folder with a config.json, got "${folder}" without one`);
  return { config: await readJson(await diskFolder(folder).open("config.json")) };
}

async function configOfGguf(path: string): Promise<ModelConfigFile> {
  const folder = await ggufFolder(...(await openParts(diskFolder(dirname(path)), basename(path))));
  return { config: await readJson(await folder.open("config.json")), weights: await openWeights(folder) };
}
