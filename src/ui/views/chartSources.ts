// Where the charts' data come from: the store's architecture and the run's series, read in place.
import type { GateData, RunData, WidthsData } from "../../charts/index.ts";
import type { StudioStore } from "../../state/store.ts";
import type { StudioState } from "../../state/storeState.ts";
import type { ModelFacts } from "../../worker/protocol.ts";
import type { Source } from "../parts/ChartView.tsx";

/** The model on the screen: the open one, or the one that stays while another opens. */
export function gateFacts({ model }: Pick<StudioState, "model">): ModelFacts | null {
  if (model.phase === "open") return model.facts;
  return model.phase === "opening" ? model.previous : null;
}

const sizesOf = ({ dModel, dMlp }: ModelFacts): number[] => [dModel, dModel, dModel, dMlp, dModel];

/** Hears of new architectures and new models only, not of every change of the store. */
function onArchitecture({ store }: StudioStore, changed: () => void): () => void {
  return store.subscribe((state, before) => {
    if (state.architecture !== before.architecture || state.model !== before.model) changed();
  });
}

/** Masks for the gate map; before any training, the dense model's: all kept. */
export function gateSource(studio: StudioStore): Source<GateData> {
  let dense: { facts: ModelFacts; masks: Uint8Array[] } | null = null;
  return {
    read() {
      const state = studio.store.getState();
      const facts = gateFacts(state);
      if (!facts) return null;
      const { layers, dModel } = facts;
      const fade = state.run.phase !== "training";
      if (state.architecture) return { layers, dModel, masks: state.architecture.masks, fade };
      if (dense?.facts !== facts) {
        const block = sizesOf(facts);
        const masks = Array.from({ length: layers }, () => block.map((size) => new Uint8Array(size).fill(1))).flat();
        dense = { facts, masks };
      }
      return { layers, dModel, masks: dense.masks, fade };
    },
    subscribe: (changed) => onArchitecture(studio, changed),
  };
}

/** Kept and whole widths of s1..s5 by block. */
export function widthsSource(studio: StudioStore): Source<WidthsData> {
  return {
    read() {
      const state = studio.store.getState();
      const facts = gateFacts(state);
      if (!facts) return null;
      const size = Array.from({ length: facts.layers }, () => sizesOf(facts));
      return { kept: state.architecture?.kept ?? size, size, fade: state.run.phase !== "training" };
    },
    subscribe: (changed) => onArchitecture(studio, changed),
  };
}

/** Loss, R, kept share and target by step; before the first step, the plan that the recipe makes. */
export function runSource({ series, store }: StudioStore): Source<RunData> {
  return {
    read() {
      const { recipe } = store.getState();
      const { step, loss, penalty, kept, count } = series;
      const begun = count > 0;
      const plannedSteps = begun ? series.plannedSteps : recipe.steps;
      const targets = begun ? series.targets() : [{ step: 0, ratio: recipe.ratio }];
      return { step, loss, penalty, kept, count, plannedSteps, targets };
    },
    subscribe(changed) {
      const leaveSeries = series.subscribe(changed);
      const leaveStore = store.subscribe((state, before) => {
        if (state.recipe !== before.recipe && series.count === 0) changed();
      });
      return () => {
        leaveSeries();
        leaveStore();
      };
    },
  };
}
