// The texts to calibrate and to measure on, and the perplexities measured.
import { EngineError } from "../../engine/index.ts";
import type { PerplexityResult, PrunedId, Subject } from "../../worker/protocol.ts";
import { DENSE_ID } from "../../worker/prunedId.ts";
import { DEFAULT_TEXTS } from "../../shared/texts.ts";
import { prunedNow, samePruned } from "../run/prunedNow.ts";
import type { Measured, PerplexityReading, SliceOf, TextSlice } from "../storeState.ts";

/** Whether two perplexities can be compared: on the same text, in the same windows, over as many tokens. */
export const sameReading = (a: PerplexityResult, b: PerplexityResult): boolean =>
  a.text === b.text && a.context === b.context && a.tokens === b.tokens;

/** The last reading of a measurement, whatever its phase. */
export function lastOf(measured: Measured): PerplexityReading | null {
  return measured.phase === "none" ? null : measured.last;
}

const settled = (last: PerplexityReading | null): Measured => (last ? { phase: "measured", last } : { phase: "none" });
const stale = (measured: Measured): Measured => {
  const last = lastOf(measured);
  return settled(last ? { ...last, stale: true } : null);
};

const SUBJECTS: readonly Subject[] = ["dense", "pruned"];

export const textSlice: SliceOf<TextSlice> = ({ client, turn }, set, get) => {
  const ticket: Record<Subject, number> = { dense: 0, pruned: 0 };
  const put = (subject: Subject, measured: Measured): void =>
    set(subject === "dense" ? { dense: measured } : { pruned: measured });
  /** Readings of another text or length stay on the screen, but are measured again. */
  const outdate = (): void => {
    const { dense, pruned } = get();
    get().dropMeasurements();
    get().dropCurve();
    set({ dense: stale(dense), pruned: stale(pruned) });
  };
  return {
    ...DEFAULT_TEXTS,
    evaluationTokens: 4096,
    counts: null,
    textError: null,
    dense: { phase: "none" },
    pruned: { phase: "none" },
    async setTexts(texts) {
      const { calibration, evaluation, model } = get();
      const before = { calibration, evaluation };
      const next = { ...before, ...texts };
      set({ ...next, textError: null });
      if (model.phase !== "open") return;
      try {
        set({ counts: await client.request({ type: "texts", ...next }) });
      } catch (thrown) {
        const error = EngineError.from(thrown);
        if (error.code === "device-lost") get().report(error);
        set({ textError: error, ...before });
        return;
      }
      if (next.evaluation !== before.evaluation) outdate();
      get().measureMissing();
    },
    setEvaluationTokens(evaluationTokens) {
      if (evaluationTokens === get().evaluationTokens) return;
      set({ evaluationTokens });
      outdate();
      get().measureMissing();
    },
    async measure(subject) {
      const mine = (ticket[subject] += 1);
      const of = (subject === "pruned" && prunedNow(get())) || DENSE_ID;
      put(subject, { phase: "measuring", last: lastOf(get()[subject]), of });
      try {
        const result = await turn(() => {
          if (mine !== ticket[subject]) throw new EngineError("cancelled", "another measurement took its place");
          return client.request({ type: "perplexity", subject, tokens: get().evaluationTokens });
        });
        if (mine === ticket[subject]) put(subject, { phase: "measured", last: { result, of } });
      } catch (thrown) {
        const error = EngineError.from(thrown);
        if (error.code === "device-lost") get().report(error);
        if (mine !== ticket[subject]) return;
        const last = lastOf(get()[subject]);
        put(subject, error.code === "cancelled" ? settled(last) : { phase: "failed", last, error });
      } finally {
        const { dense, pruned } = get();
        if (dense.phase !== "measuring" && pruned.phase !== "measuring") get().setProgress("perplexity", null);
      }
    },
    dropMeasurements() {
      for (const subject of SUBJECTS) {
        const measured = get()[subject];
        if (measured.phase !== "measuring") continue;
        ticket[subject] += 1;
        put(subject, settled(measured.last));
        // Only the one that has its turn hears this; the others see that their ticket is old.
        client.request({ type: "cancel", task: "perplexity" }).catch(() => undefined);
      }
    },
    measureMissing() {
      const { model, run, asked, dense, pruned, counts, evaluationTokens } = get();
      const now = prunedNow(get());
      if (model.phase !== "open" || !counts || run.phase === "training" || asked === "play") return;
      const expected = Math.min(evaluationTokens, counts.evaluationTokens);
      /** Of the text and the tokens that are chosen now; windows may leave less than one context uncovered. */
      const fits = (reading: PerplexityReading): boolean =>
        !reading.stale && Math.abs(reading.result.tokens - expected) <= reading.result.context;
      const missing = (measured: Measured, wanted: PrunedId): boolean => {
        const last = lastOf(measured);
        const of = measured.phase === "measuring" ? measured.of : last && fits(last) ? last.of : null;
        return !of || !samePruned(of, wanted);
      };
      if (missing(dense, DENSE_ID)) void get().measure("dense");
      if (now && missing(pruned, now)) void get().measure("pruned");
    },
  };
};
