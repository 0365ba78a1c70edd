// Perplexities of the dense and the pruned model on the evaluation text.
import { evaluationTokensFor } from "../../shared/evaluationTokens.ts";
import type { PerplexityResult, PrunedId, Subject } from "../../worker/protocol.ts";
import { DENSE_ID } from "../../worker/prunedId.ts";
import { currentPruning, samePruned, showsRun } from "../run/currentPruning.ts";
import type { Deps, SliceOf } from "../slice.ts";
import type { GetState, Patch, StudioState } from "../storeState.ts";
import { missesQuantisation, quantisationMeasurement } from "./quantisationMeasurement.ts";
import { lastOf, type Measured, type PerplexityReading, type PerplexitySlice } from "./textState.ts";

const settled = (last: PerplexityReading | null): Measured => (last ? { phase: "measured", last } : { phase: "none" });
const stale = (measured: Measured): Measured => {
  const last = lastOf(measured);
  return settled(last ? { ...last, stale: true } : null);
};

/** The task that measures one of the two models. A newer measurement of it replaces an older one. */
function measurement(deps: Deps, get: GetState, subject: Subject) {
  const { client, task } = deps;
  const show = (measured: Measured): Patch => (subject === "dense" ? { dense: measured } : { pruned: measured });
  return task({
    name: "perplexity",
    isRunning: (state) => state[subject].phase === "measuring",
    again: "replace",
    run: (of: PrunedId) => ({
      begin: show({ phase: "measuring", last: lastOf(get()[subject]), of }),
      work: () => client.request({ type: "perplexity", subject, tokens: get().evaluationTokens }),
      done(result) {
        if (subject === "pruned") noteReading(deps, get, of, result);
        return show({ phase: "measured", last: { result, of } });
      },
      cancelled: () => show(settled(lastOf(get()[subject]))),
      failed: (error) => show({ phase: "failed", last: lastOf(get()[subject]), error }),
    }),
  });
}

/** Adds a reading of the run to its curves, unless it is of another threshold than the run was trained for. */
export function noteReading(
  { series }: Pick<Deps, "series">,
  get: GetState,
  { run, ratio, step }: PrunedId,
  result: PerplexityResult,
): void {
  const state = get();
  const { architecture } = state;
  if (!showsRun(state) || state.recovered || architecture?.run !== run || architecture.made.kind !== "disp") return;
  const { recipe, point } = architecture.made;
  const current = architecture.ratio === ratio && architecture.step === step;
  if (current && (recipe.ratioMode === "every" || point === undefined)) series.addReading({ step, ratio, ...result });
}

/** Whether a model has no reading, and no measurement under way, with these masks on the current text and number of tokens. */
function isMissing(
  { counts, evaluationTokens }: Pick<StudioState, "counts" | "evaluationTokens">,
  measured: Measured,
  wanted: PrunedId,
): boolean {
  const expected = Math.min(evaluationTokens, counts?.evaluationTokens ?? 0);
  const last = lastOf(measured);
  // Windows may leave up to one context of tokens uncovered.
  const fits = last && !last.stale && Math.abs(last.result.tokens - expected) <= last.result.context;
  const of = measured.phase === "measuring" ? measured.of : fits ? last.of : null;
  return !of || !samePruned(of, wanted);
}

const DENSE_TRIES = 3;

const NOTHING_MEASURED = {
  dense: { phase: "none" },
  pruned: { phase: "none" },
  quantisation: { phase: "none" },
} as const satisfies Patch;

export const perplexitySlice: SliceOf<PerplexitySlice> = (deps, set, get) => {
  const dense = measurement(deps, get, "dense");
  let denseEnds = Promise.resolve();
  const startDense = (): Promise<void> => (denseEnds = dense.start(DENSE_ID));
  const pruned = measurement(deps, get, "pruned");
  let prunedEnds = Promise.resolve();
  const quantisation = quantisationMeasurement(deps, get);
  const stop = (): void => {
    dense.drop();
    pruned.drop();
    quantisation.drop();
  };
  deps.on({
    model: { stop, clear: () => NOTHING_MEASURED },
    // Readings of another text or length stay on the screen until they are measured again.
    text: {
      stop,
      clear: (state) => ({ ...NOTHING_MEASURED, dense: stale(state.dense), pruned: stale(state.pruned) }),
    },
    run: { stop: pruned.drop },
    pruning: { stop: pruned.drop, clear: () => ({ pruned: { phase: "none" } }) },
  });
  return {
    evaluationTokens: evaluationTokensFor({ software: true }),
    ...NOTHING_MEASURED,
    setEvaluationTokens(evaluationTokens) {
      if (evaluationTokens === get().evaluationTokens) return;
      set({ ...deps.follow("text"), evaluationTokens });
      // A run that trains uses this number from now on; every other command already has it.
      if (get().run.phase === "training")
        deps.client.request({ type: "evaluationTokens", tokens: evaluationTokens }).catch(() => undefined);
      get().measureMissing();
    },
    stopMeasuring: stop,
    async measureDense(isWanted) {
      quantisation.drop();
      if (get().dense.phase === "measuring") await denseEnds;
      // A change of the number of tokens stops a measurement: it begins again.
      for (let tries = 0; tries < DENSE_TRIES && get().dense.phase !== "failed" && isWanted(); tries += 1)
        if (isMissing(get(), get().dense, DENSE_ID)) await startDense();
    },
    async measurePruned() {
      const now = currentPruning(get());
      if (now && isMissing(get(), get().pruned, now)) prunedEnds = pruned.start(now);
      await prunedEnds;
    },
    measureMissing() {
      const state = get();
      const { model, run, pendingCommand, counts } = state;
      if (model.phase !== "open" || !counts || run.phase === "training" || pendingCommand === "train") return;
      const now = currentPruning(state);
      if (isMissing(state, state.dense, DENSE_ID)) void startDense();
      if (now && isMissing(state, state.pruned, now)) prunedEnds = pruned.start(now);
      if (missesQuantisation(state)) void quantisation.start();
    },
  };
};
