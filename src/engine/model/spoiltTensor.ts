// Finds the weight that is not finite, after a loss was not: opening does not look, because that would take seconds for each large model.
import { EngineError } from "../errors.ts";
import type { Weights } from "../formats/safetensors/safetensors.ts";

/** The first weight that is not finite, as words; undefined where all are. Reads the weights tensor by tensor. */
async function spoiltTensor(weights: Pick<Weights, "names" | "readFloat32">): Promise<string | undefined> {
  for (const name of weights.names) {
    const values = await weights.readFloat32(name);
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) return `${name} is ${values[at]} at position ${at}`;
  }
  return undefined;
}

/** `work`, whose error of a loss that is not finite also names the weight that causes it. */
export async function namingSpoilt<T>(
  weights: Pick<Weights, "names" | "readFloat32">,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, message, detail } = EngineError.from(error);
    if (code !== "not-finite") throw error;
    const found = await spoiltTensor(weights).catch(() => undefined);
    const cause = found ? `${found}. Fetch the model again.` : "All weights of the file are finite.";
    throw new EngineError(code, `${message} ${cause}`, detail);
  }
}
