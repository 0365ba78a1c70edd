// The data of the live charts: the store's architecture and the run's series, read without a render.
import type { GateData, RunData, WidthsData } from "../../charts/index.ts";
import { byBlock } from "../../engine/index.ts";
import { vectorSizes } from "../../shared/vectors.ts";
import type { StudioStore } from "../../state/store.ts";
import type { StudioState } from "../../state/storeState.ts";
import { lastOf, type PerplexityReading, sameReading } from "../../state/text/textState.ts";
import type { KnownFacts } from "../../worker/protocol.ts";
import type { Source } from "../parts/ChartView.tsx";
import { logitsView } from "./logitsView.ts";
import { ofBlocks, selectionWords } from "./selectionView.ts";
import type { MapLookStore } from "./mapLook.ts";
import { knownModel } from "../../state/model/shownModel.ts";

/** What the masks of the current pruning depend on. */
export const ARCHITECTURE = ["architecture", "model"] as const;
/** What is selected in the map. */
export const SELECTION = ["selectedBlocks", "selectedDimensions"] as const;

/** The subscription of a source that reads these fields of the state: other changes of the store do not concern it. */
export const onFields =
  ({ store }: StudioStore, fields: readonly (keyof StudioState)[]): Source<unknown>["subscribe"] =>
  (changed) =>
    store.subscribe((state, before) => {
      if (fields.some((field) => state[field] !== before[field])) changed();
    });

/** Masks for the gate map; all ones before any training. look: which rows, their order, and a report that is replayed. */
export function gateSource(studio: StudioStore, look: MapLookStore): Source<GateData> {
  let dense: { facts: KnownFacts; masks: Uint8Array[] } | null = null;
  const ofState = onFields(studio, [...ARCHITECTURE, ...SELECTION, "gateLogits"]);
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
        const block = vectorSizes(facts);
        const masks = Array.from({ length: facts.layers }, () =>
          block.map((size) => new Uint8Array(size).fill(1)),
        ).flat();
        dense = { facts, masks };
      }
      return { ...shape, masks: dense.masks };
    },
    subscribe(changed) {
      const ends = [ofState(changed), look.subscribe(changed)];
      return () => ends.forEach((end) => end());
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
      const size = Array.from({ length: facts.layers }, () => vectorSizes(facts));
      const { selectedBlocks: blocks } = state;
      return {
        kept: ofBlocks(state.architecture ? byBlock(state.architecture.counts) : size, blocks),
        size: ofBlocks(size, blocks),
        first: blocks?.[0] ?? 0,
        fade: state.run.phase !== "training",
      };
    },
    subscribe: onFields(studio, [...ARCHITECTURE, ...SELECTION]),
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
