// What receipts and records say of a recovery.
import type { PerplexityPair, RecoveryReceipt } from "../../engine/index.ts";
import type { Pruned } from "../run/pruned.ts";
import type { TaskControls } from "../tasks.ts";
import type { WorkerState } from "./workerState.ts";

/**
 * The recovery in a receipt or a record with this perplexity; undefined where there was none. The perplexity before it is measured again if
 * text or tokens have changed since. Throws "cancelled".
 */
export async function recoveryReceipt(
  state: WorkerState,
  { recovery }: Pruned,
  pair: PerplexityPair,
  { cancelled }: Pick<TaskControls, "cancelled">,
): Promise<RecoveryReceipt | undefined> {
  if (!recovery) return undefined;
  const { before: last, reading: lastReading, ...receipt } = recovery;
  // Before training after a refit, the refit came first.
  const { before, reading } = last.recovery ?? { before: last, reading: lastReading };
  const { onDevice, perplexities } = state;
  const [ctx, { model: opened }] = [onDevice.context(), onDevice.opened()];
  const same =
    reading.text.sha256 === pair.text.sha256 && reading.tokens === pair.tokens && reading.context === pair.context;
  if (same) return { ...receipt, prunedBefore: reading.value };
  const job = {
    ...{ opened, text: await state.text("evaluation"), tokens: pair.tokens },
    ...(before.kind === "gates" ? { masks: before.masks } : {}),
    model: () => onDevice.pruned.of(ctx, opened, before),
  };
  const { value } = await perplexities.measureOnce(ctx, job, { cancelled });
  return { ...receipt, prunedBefore: value };
}
