// The curve of a run: its perplexity at ratios over its bounds, measured in the background, and how its architectures nest.
import { EngineError, nestednessOf, ratiosOf } from "../../engine/index.ts";
import type { CurvePoint } from "../../worker/protocol.ts";
import { REST_MS } from "./gatesSlice.ts";
import type { CurveSlice, Get, SliceOf, StudioState } from "../storeState.ts";

/** Ratios of a curve. */
export const CURVE_RATIOS = 10;

export const curveSlice: SliceOf<CurveSlice> = ({ client, clock, turn }, set, get) => {
  /** Which measurement is wanted; another number calls it off. */
  let ticket = 0;
  let asking = false;
  let moved = false;

  const callOff = (): void => {
    if (asking) client.request({ type: "cancel", task: "curve" }).catch(() => undefined);
  };
  const rest = (): Promise<void> => new Promise((resolve) => void clock.after(REST_MS, resolve));
  const ask = async (ratio: number, mine: number): Promise<CurvePoint> => {
    try {
      return await turn(() => {
        if (mine !== ticket) throw new EngineError("cancelled", "the curve is not wanted any more");
        asking = true;
        return client.request({ type: "curve", ratio, tokens: get().evaluationTokens });
      });
    } finally {
      asking = false;
    }
  };
  /** The same ratio again where the slider took its place. */
  const measured = async (ratio: number, mine: number): Promise<CurvePoint> => {
    for (;;) {
      moved = false;
      try {
        return await ask(ratio, mine);
      } catch (thrown) {
        if (!moved || mine !== ticket || EngineError.from(thrown).code !== "cancelled") throw thrown;
        await rest();
      }
    }
  };

  return {
    curve: { phase: "none" },
    async measureCurve() {
      const { model, run, architecture, curve, recipe } = get();
      if (model.phase !== "open" || run.phase === "training" || !architecture || curve.phase === "measuring") return;
      const mine = (ticket += 1);
      const { trainedFor } = architecture;
      const ratios = ratiosOf(
        trainedFor ? { ratioFrom: trainedFor.from, ratioTo: trainedFor.to } : recipe,
        CURVE_RATIOS,
      );
      const points: CurvePoint[] = [];
      const began = performance.now();
      try {
        for (const ratio of ratios) {
          set({ curve: { phase: "measuring", points: [...points] } });
          tellProgress(get, points.length, ratios.length, began);
          points.push(await measured(ratio, mine));
          if (mine !== ticket) return;
        }
        const nested = nestednessOf(points.map((point) => point.architecture.masks));
        set({ curve: { phase: "measured", points, nested } });
      } catch (thrown) {
        const error = EngineError.from(thrown);
        if (error.code === "device-lost") get().report(error);
        if (mine !== ticket) return;
        set({ curve: error.code === "cancelled" ? { phase: "stopped", points } : { phase: "failed", points, error } });
      } finally {
        if (mine === ticket) get().setProgress("curve", null);
      }
    },
    stopCurve() {
      const { curve } = get();
      if (curve.phase !== "measuring") return;
      ticket += 1;
      callOff();
      set({ curve: { phase: "stopped", points: curve.points } });
      get().setProgress("curve", null);
    },
    dropCurve() {
      get().stopCurve();
      set({ curve: { phase: "none" } });
    },
    yieldCurve() {
      if (get().curve.phase !== "measuring") return;
      moved = true;
      callOff();
    },
  };
};

function tellProgress(get: Get, done: number, total: number, began: number): void {
  const seconds = (performance.now() - began) / 1000;
  const left = done > 0 ? { secondsLeft: (seconds * (total - done)) / done } : {};
  get().setProgress("curve", { task: "curve", done, total, unit: "ratios", ...left });
}

type Known = Pick<StudioState, "architecture" | "curve" | "run" | "pruned" | "dense">;

/** Whether a run for every ratio has ended and been measured where the slider stands: then its curve fills in by itself. */
export function wantsCurve({ architecture, curve, run, pruned, dense }: Known, before: Known): boolean {
  if (curve.phase !== "none" || run.phase !== "done" || !architecture?.trainedFor) return false;
  if (pruned === before.pruned && dense === before.dense && run.phase === before.run.phase) return false;
  return pruned.phase === "measured" && dense.phase === "measured" && !pruned.last.stale && !dense.last.stale;
}
