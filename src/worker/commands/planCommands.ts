// The memory plan of the open model: planned anew for another memory, changed by the page, or after the GPU ran out of memory.
import {
  choosePlan,
  fileDtypes,
  followPlan,
  invariant,
  type MemoryPlan,
  nextPlan,
  type PlanResult,
  planWanted,
} from "../../engine/index.ts";
import type { CommandOf } from "../protocol.ts";
import { freeBytes } from "../storage/opfs.ts";
import type { WorkerState } from "./workerState.ts";

/** See the command "memory". Throws "config" while a run is training. */
export async function setMemory(state: WorkerState, { bytes, wanted }: CommandOf<"memory">): Promise<null> {
  state.memoryBytes = bytes;
  const { onDevice, planned } = state;
  if (!planned || !onDevice.isOpen) return null;
  const { model: opened, run } = onDevice.opened();
  invariant(run.state.phase !== "training", "config", "a run is training: pause it, then change its memory plan");
  const { precision, trainingTokens, evaluationTokens } = planned.plan;
  const limit = bytes === null ? {} : { memoryBytes: bytes };
  const choice = { precision, trainingTokens, evaluationTokens, ...limit };
  const { name, config, weights } = opened;
  const subject = { name, config, choice, dtypes: fileDtypes(config, weights) };
  const result = await choosePlan(onDevice.context().gpu.facts, subject);
  await follow(state, result, (wanted && planWanted(result.choices, wanted)) ?? result.plan);
  return null;
}

/** Takes the next smaller plan after the GPU ran out of memory. False where there is none. */
export async function fallBack(state: WorkerState): Promise<boolean> {
  const { planned } = state;
  const next = planned && nextPlan(planned.choices, planned.plan);
  if (!next) return false;
  await follow(state, { ...planned, ranOut: true }, next);
  return true;
}

async function follow(state: WorkerState, result: PlanResult, plan: MemoryPlan): Promise<void> {
  const { onDevice, pruning, send } = state;
  const planned = { ...result, plan };
  const ctx = onDevice.context();
  followPlan(ctx, plan);
  ctx.freeStep();
  // the model of single weights may be one that cannot be made again
  if (!plan.compact && pruning.pruned?.kind !== "weights") onDevice.pruned.free();
  state.planned = planned;
  send({ type: "plan", planned, storageFreeBytes: (await freeBytes()) ?? null });
}
