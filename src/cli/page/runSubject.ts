// What a command's checkpoints belong to: the model, the calibration text and, in a recovery, the pruning.
import { type Pruning, type RecoveredValues, sha256 } from "../../engine/index.ts";
import type { OpenRun } from "./openRun.ts";

/** Names the model and the calibration text of a run in its checkpoints. */
export const runSubject = async ({ opened, calibration }: Pick<OpenRun, "opened" | "calibration">): Promise<string> =>
  `${opened.identity} ${await sha256(new Uint8Array(calibration.slice().buffer))}`;

/** Names a pruned model in the checkpoints of its recovery. fitted: weights that are not the dense model's before the training. */
export async function prunedSubject(
  run: Pick<OpenRun, "opened" | "calibration">,
  pruning: Pruning,
  fitted: RecoveredValues,
): Promise<string> {
  const masks = "masks" in pruning ? pruning.masks.map(({ bits }) => bits) : pruning.lists;
  const parts = [...masks, ...fitted.values()];
  const hashes = await Promise.all(parts.map((part) => sha256(new Uint8Array(part.slice().buffer))));
  const names = [...fitted.keys()].join(" ");
  return `${await runSubject(run)} ${await sha256(new TextEncoder().encode(`${hashes.join(" ")} ${names}`))}`;
}
