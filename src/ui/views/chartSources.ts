// The data of the live charts: the store's architecture and the run's series, read without a render.
import type { GateData, RunData, WidthsData } from "../../charts/index.ts";
import { byBlock } from "../../engine/index.ts";
import type { StudioStore } from "../../state/store.ts";
import { lastOf, type PerplexityReading, sameReading } from "../../state/text/textState.ts";
import type { KnownFacts } from "../../worker/protocol.ts";
import type { Source } from "../parts/ChartView.tsx";
import { logitsView } from "./logitsView.ts";
import { ofBlocks, selectionWords } from "./selectionView.ts";
import type { MapLookStore } from "./mapLook.ts";
import { knownModel } from "../../state/model/shownModel.ts";

/** Sizes of s1..s5 of a block. */
const sizesOf = ({ dModel, dMlp }: KnownFacts): number[] => [dModel, dModel, dModel, dMlp, dModel];

/** Calls `changed` for new architectures and models only, not for every change of the store. */
export function onArchitecture({ store }: StudioStore, changed: () => void): () => void {
  return store.subscribe((state, before) => {
    if (state.architecture !== before.architecture || state.model !== before.model) changed();
  });
}

/** Calls `changed` for each selection in the map. */
export function onSelection({ store }: StudioStore, changed: () => void): () => void {
  return store.subscribe((state, before) => {
    if (state.selectedBlocks !== before.selectedBlocks || state.selectedDimensions !== before.selectedDimensions)
      changed();
  });
}

/** Masks for the gate map; all ones before any training. look: which rows, their order, and a report that is replayed. */
export function gateSource(studio: StudioStore, look: MapLookStore): Source<GateData> {
  let dense: { facts: KnownFacts; masks: Uint8Array[] } | null = null;
  return {
    read() {
      const state = studio.store.getState();
      const facts = knownModel(state);
      if (!facts) return null;
      const { side, order, past } = look.getState();
      const dModel = side === "middle" ? facts.dMlp : facts.dModel;
      const fade = state.run.phase !== "training";
      // a number of the MLP's middle means another neuron in each block: no order but that of the numbers
      const shape = {
        ...{ layers: facts.layers, dModel, side, order: side === "middle" ? "index" : order, fade },
        selected: {
          blocks: state.selectedBlocks,
          dimensions: side === "middle" ? null : (state.selectedDimensions?.of ?? null),
          words: selectionWords(state),
        },
      } as const;
      if (past) return { ...shape, masks: past.masks(), past: past.words, noLogits: "not recorded" };
      if (state.architecture) return { ...shape, masks: state.architecture.masks, ...logitsView(state) };
      if (dense?.facts !== facts) {
        const block = sizesOf(facts);
        const masks = Array.from({ length: facts.layers }, () =>
          block.map((size) => new Uint8Array(size).fill(1)),
        ).flat();
        dense = { facts, masks };
      }
      return { ...shape, masks: dense.masks };
    },
    subscribe(changed) {
      const leave = [
        onArchitecture(studio, changed),
        onSelection(studio, changed),
        look.subscribe(changed),
        studio.store.subscribe((state, before) => {
          if (state.gateLogits !== before.gateLogits) changed();
        }),
      ];
      return () => leave.forEach((end) => end());
    },
  };
}

/** Kept and full widths of s1..s5 by block. */
export function widthsSource(studio: StudioStore): Source<WidthsData> {
  return {
    read() {
      const state = studio.store.getState();
      const facts = knownModel(state);
      if (!facts) return null;
      const size = Array.from({ length: facts.layers }, () => sizesOf(facts));
      const { selectedBlocks: blocks } = state;
      return {
        kept: ofBlocks(state.architecture ? byBlock(state.architecture.counts) : size, blocks),
        size: ofBlocks(size, blocks),
        first: blocks?.[0] ?? 0,
        fade: state.run.phase !== "training",
      };
    },
    subscribe(changed) {
      const leave = [onArchitecture(studio, changed), onSelection(studio, changed)];
      return () => leave.forEach((end) => end());
    },
  };
}

/** The readings that were measured as the dense model was, which the results show beside them; how many were not. */
function readingsOf(
  { readings }: StudioStore["series"],
  dense: PerplexityReading | null,
): Pick<RunData, "readings" | "dense" | "otherReadings"> {
  const reference = dense?.result ?? readings.at(-1);
  const alike = readings.filter((reading) => reference && sameReading(reading, reference));
  return {
    readings: alike.map(({ step, value }) => ({ step, perplexity: value })),
    otherReadings: readings.length - alike.length,
    ...(dense ? { dense: dense.result.value } : {}),
  };
}

/** Loss, R, kept share and target by step; before the first step, the plan of the recipe. */
export function runSource({ series, store }: StudioStore): Source<RunData> {
  return {
    read() {
      const { recipe } = store.getState();
      const { step, loss, penalty, kept, count } = series;
      const started = count > 0;
      const plannedSteps = started ? series.plannedSteps : recipe.steps;
      const target = started ? series.target : [recipe.ratio];
      return {
        step,
        loss,
        penalty,
        kept,
        count,
        plannedSteps,
        target,
        ...readingsOf(series, lastOf(store.getState().dense)),
      };
    },
    subscribe(changed) {
      const leaveSeries = series.subscribe(changed);
      const leaveStore = store.subscribe((state, before) => {
        if ((state.recipe !== before.recipe && series.count === 0) || state.dense !== before.dense) changed();
      });
      return () => {
        leaveSeries();
        leaveStore();
      };
    },
  };
}
