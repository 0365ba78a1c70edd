// What a GGUF file stores of the model, in words.
import type { GgufRecord } from "../../../engine/index.ts";
import { percent, whole } from "../../../shared/format.ts";

/** "72.5 %, 40 MLP dimensions of zeros to round widths up" */
export function storedText({ blockWeights, addedDimensions, withoutAttention }: GgufRecord): string {
  const added = addedDimensions > 0 ? `, ${whole(addedDimensions)} MLP dimensions of zeros to round widths up` : "";
  const without = withoutAttention > 0 ? `, ${withoutAttention} blocks without attention` : "";
  return `${percent(blockWeights.kept / blockWeights.of)}${added}${without}`;
}
