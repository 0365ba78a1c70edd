// Which model is open, and the way there. A model that cannot be opened leaves the one before in place.
import { EngineError } from "../../engine/index.ts";
import type { ModelSource } from "../../worker/protocol.ts";
import type { ModelSlice, SliceOf, StudioState } from "../storeState.ts";

/** Perplexity on a software adapter takes seconds a thousand tokens, so it is measured on fewer there. */
const EVALUATION_TOKENS = { software: 2048, hardware: 20_480 };

function nameOf(source: ModelSource): string {
  if (source.kind === "embedded") return "the embedded model";
  return source.kind === "files" ? source.name : source.address;
}

/** What belongs to one model and goes when another one is open. */
function forgotten(): Partial<StudioState> {
  return {
    pace: null,
    runError: null,
    architecture: null,
    weights: null,
    weighing: { phase: "none" },
    dense: { phase: "none" },
    pruned: { phase: "none" },
    compare: { phase: "idle" },
    denseText: "",
    prunedText: "",
    exported: { phase: "none", last: null },
    nested: { phase: "none", last: null },
    nestedList: null,
    saving: { phase: "none" },
    saveError: null,
    counts: null,
  };
}

export const modelSlice: SliceOf<ModelSlice> = ({ client, series, turn, cancelTask: callOff }, set, get) => ({
  model: { phase: "closed" },
  source: { kind: "embedded" },
  asking: { kind: "embedded" },
  openError: null,
  plan: null,
  async open(source) {
    const { model, source: before, resumable } = get();
    if (model.phase === "opening") return false;
    const previous = model.phase === "open" ? model.facts : null;
    set({
      model: { phase: "opening", name: nameOf(source), previous },
      openError: null,
      resumable: null,
      asking: source,
    });
    try {
      get().dropMeasurements();
      get().stopCurve();
      const facts = await turn(() => client.request({ type: "open", source }), "open");
      const same = previous !== null && source === before;
      const { software } = facts.adapter;
      if (!same) {
        series.clear();
        get().dropCurve();
      }
      set((state) => ({
        ...(same ? {} : forgotten()),
        run: { phase: "idle" },
        asked: null,
        model: { phase: "open", facts },
        source,
        evaluationTokens: same ? state.evaluationTokens : EVALUATION_TOKENS[software ? "software" : "hardware"],
      }));
    } catch (thrown) {
      const error = EngineError.from(thrown);
      set({ model: previous ? { phase: "open", facts: previous } : { phase: "closed" }, resumable });
      if (error.code === "no-webgpu" || error.code === "device-lost") get().report(error);
      else if (error.code !== "cancelled") set({ openError: error });
      if (get().device.phase === "ready") get().measureMissing();
      return false;
    } finally {
      get().setProgress("open", null);
      // what was fetched stays, whether it could be opened or not
      if (source.kind === "hub" || source.kind === "cached") await get().refreshLibrary();
    }
    await get().setTexts({});
    return true;
  },
  async cancelOpen() {
    if (get().model.phase === "opening") await callOff("open");
  },
});
