// A tied head that is stored as well: transformers 5 ties it only if it equals the embedding.
import { elementCount, isFloatDtype, toFloat32 } from "../dtype.ts";
import type { ModelConfig } from "../config/config.ts";
import { FAMILIES } from "../config/families/families.ts";
import type { Weights } from "../formats/safetensors/safetensors.ts";

/** Bytes of each matrix that are in memory while two are compared. */
const CHUNK_BYTES = 8 * 1024 * 1024;

type Rows = Pick<Weights, "has" | "info" | "readRows">;

/**
 * Whether config.json ties the head to the embedding although the weights have a head with other values. Then transformers 5 uses the
 * stored head and older versions the embedding. A head in another shape is left to `checkWeights`.
 */
export async function tieIsWrong(config: ModelConfig, weights: Rows): Promise<boolean> {
  const { names } = FAMILIES[config.family];
  const [head, embedding] = [`${names.head}.weight`, `${names.embedding}.weight`];
  if (!config.tiedHead || !weights.has(head) || !weights.has(embedding)) return false;
  return !(await equalMatrices(weights, head, embedding));
}

/** Whether two matrices have equal values (torch.equal: -0 equals 0, NaN equals nothing); true for those that cannot be compared. */
async function equalMatrices(weights: Rows, a: string, b: string): Promise<boolean> {
  const [first, second] = [weights.info(a), weights.info(b)];
  const comparable = first.shape.join() === second.shape.join() && [first, second].every((t) => isFloatDtype(t.dtype));
  if (!comparable) return true;
  const [rows = 0, ...rest] = first.shape;
  const step = Math.max(1, Math.floor(CHUNK_BYTES / (4 * elementCount(rest))));
  for (let at = 0; at < rows; at += step) {
    const count = Math.min(step, rows - at);
    const values = toFloat32(await weights.readRows(a, at, count), first.dtype);
    const others = toFloat32(await weights.readRows(b, at, count), second.dtype);
    for (let i = 0; i < values.length; i++) if (values[i] !== others[i]) return false;
  }
  return true;
}
