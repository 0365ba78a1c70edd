// Opening a model. If one cannot be opened, the previous model stays.
import { EngineError, type PlanWish } from "../../engine/index.ts";
import { evaluationTokensFor } from "../../shared/evaluationTokens.ts";
import type { ModelFacts, ModelSource } from "../../worker/protocol.ts";
import type { Deps, SliceOf } from "../slice.ts";
import type { GetState, Patch } from "../storeState.ts";
import type { LongTask } from "../task.ts";
import type { ModelSlice } from "./modelState.ts";

function nameOf(source: ModelSource): string {
  if (source.kind === "embedded") return "the built-in model";
  return source.kind === "files" ? source.name : source.address;
}

/**
 * Opens one model at a time. A choice made while another model opens takes its place, also that of the built-in model, which opens with the
 * page; the last of several choices wins. `underWay` is what opens now. Resolves to null for a model that is not opened.
 */
function latestOf(
  opening: LongTask<[ModelSource], ModelFacts>,
  underWay: () => ModelSource | null,
): (source: ModelSource) => Promise<ModelFacts | null> {
  let requests = 0;
  let last: Promise<unknown> = Promise.resolve();
  return async (source) => {
    if (underWay() === source) return null;
    const request = ++requests;
    if (underWay()) {
      await opening.cancel();
      await last;
      if (request !== requests) return null;
    }
    const opened = opening.result(source);
    last = opened;
    return opened;
  };
}

/** Plans the open model for this memory; a failure is shown beside the model. */
async function requestPlan(
  { client, get }: Pick<Deps, "client"> & { get: GetState },
  bytes: number | null,
  wanted?: PlanWish,
): Promise<void> {
  try {
    await client.request({ type: "memory", bytes, ...(wanted ? { wanted } : {}) });
  } catch (error) {
    get().notify(EngineError.from(error), "model");
  }
}

export const modelSlice: SliceOf<ModelSlice> = ({ client, task, follow }, set, get) => {
  const opening = task({
    name: "open",
    isRunning: ({ model }) => model.phase === "opening",
    reports: ["no-webgpu"],
    measuring: "stops",
    run(source: ModelSource) {
      const { model, source: before, resumable } = get();
      const previous = model.phase === "open" ? model.facts : null;
      const asBefore: Patch = { model: previous ? { phase: "open", facts: previous } : { phase: "closed" }, resumable };
      get().stopCurve();
      return {
        begin: {
          model: { phase: "opening", name: nameOf(source), previous },
          ...{ openError: null, status: null, resumable: null, requestedSource: source },
        },
        work: () => client.request({ type: "open", source }),
        done(facts) {
          const opened = { ...follow("opened"), model: { phase: "open", facts }, source } as const;
          // The same source is opened again after its device was lost.
          if (previous !== null && source === before) return opened;
          return { ...follow("model"), ...opened, evaluationTokens: evaluationTokensFor(facts.adapter) };
        },
        cancelled: () => asBefore,
        failed: (error) =>
          error.code === "no-webgpu" || error.code === "device-lost" ? asBefore : { ...asBefore, openError: error },
      };
    },
  });
  const openLatest = latestOf(opening, () => (get().model.phase === "opening" ? get().requestedSource : null));
  return {
    gpuMemoryBytes: null,
    async setGpuMemory(gpuMemoryBytes) {
      set({ gpuMemoryBytes });
      await requestPlan({ client, get }, gpuMemoryBytes);
      get().measureMissing();
    },
    choosePlan: (wanted) => requestPlan({ client, get }, get().gpuMemoryBytes, wanted),
    model: { phase: "closed" },
    source: { kind: "embedded" },
    requestedSource: { kind: "embedded" },
    openError: null,
    plan: null,
    async open(source) {
      const facts = await openLatest(source);
      // Files that were fetched stay cached, even if the model could not be opened.
      if (source.kind === "hub" || source.kind === "cached") await get().refreshLibrary();
      if (facts) await get().setTexts({});
      return facts !== null;
    },
    dismissOpenError: () => set({ openError: null }),
    cancelOpen: opening.cancel,
  };
};
