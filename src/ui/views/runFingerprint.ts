// The fingerprint of a run: a short hash of model and masks, and a line with the widths, to be copied and searched for.
import { byBlock, type Run, type RunMasks, sha256, unpackRunMasks } from "../../engine/index.ts";
import { keptPercent } from "../../shared/format.ts";

/** Characters of each hash that are shown. */
const SHORT = 8;

/** SHA-256 of the masks as they are in the JSON of a run. Equal masks of equal models have equal hashes. */
export const masksSha256 = (masks: RunMasks): Promise<string> =>
  sha256(new TextEncoder().encode(JSON.stringify(masks)));

/** "b0f259f7-9c1d04a2": the model's fingerprint and the hash of the masks. */
export const shortHash = (fingerprint: string, masksHash: string): string =>
  `${fingerprint.slice(0, SHORT)}-${masksHash.slice(0, SHORT)}`;

/** Mean kept widths of s1 to s5 over the blocks; of single weights, what stays of the masked matrices. */
function widthsText(masks: RunMasks): string {
  const counts = unpackRunMasks(masks).map(({ gates }) => gates.reduce((sum, gate) => sum + gate, 0));
  if (masks.kind === "weights") {
    const kept = counts.reduce((sum, count) => sum + count, 0);
    const of = masks.matrices.reduce((sum, { shape }) => sum + shape[0] * shape[1], 0);
    return `${keptPercent({ kept, of })} of the masked weights`;
  }
  const blocks = byBlock(counts);
  const means = Array.from({ length: 5 }, (_, k) => {
    const sum = blocks.reduce((total, widths) => total + (widths[k] ?? 0), 0);
    return `s${k + 1} ${Math.round(sum / Math.max(1, blocks.length))}/${masks.sizes[k] ?? 0}`;
  });
  return `mean widths ${means.join(" ")}`;
}

/** "b0f259f7-9c1d04a2 speeches-3.5M, DISP 50 %, seed 1; mean widths s1 88/192 …; perplexity 27.04". */
export async function fingerprintLine({ record, masks }: Run): Promise<string> {
  const { model, name, perplexity } = record;
  const hash = shortHash(model.fingerprint, await masksSha256(masks));
  return `${hash} ${model.name}, ${name}; ${widthsText(masks)}; perplexity ${perplexity.pruned.toFixed(2)}`;
}
