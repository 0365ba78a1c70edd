// --weights and --half: how a model's matrices are stored on the GPU.
import { WEIGHT_STORAGES, type WeightStorage } from "../../engine/dtype.ts";
import type { Values } from "./arguments.ts";
import { UsageError } from "./usageError.ts";

/** For parseValues. */
export const STORAGE_OPTIONS = { weights: { type: "string" }, half: { type: "boolean" } } as const;

export const STORAGE_USAGE = `  --weights f32|f16|file|q8_0|q4_0
                           how matrices are stored on the GPU: f32; f16, half the memory, rounded to 11 bits; file: the quantised blocks of a
                           GGUF file as they are, everything else with all its values (f32); q8_0, q4_0: quantised when the model is
                           opened, in 34 or 18 bytes per 32 weights (f32). Exports keep the weights of the file
  --half                   the same as --weights f16`;

/** Throws a UsageError for another value, and for --half beside --weights. */
export function readStorageArgument({ weights, half }: Values): WeightStorage {
  if (weights === undefined) return half === true ? "f16" : "f32";
  if (half === true) throw new UsageError("--half: expected it without --weights; it is the same as --weights f16");
  const found = WEIGHT_STORAGES.find((storage) => storage === weights);
  if (found) return found;
  throw new UsageError(`--weights: expected one of ${WEIGHT_STORAGES.join(", ")}, got ${JSON.stringify(weights)}`);
}
