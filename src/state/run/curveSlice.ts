// The curve of a run: its perplexity at several ratios, measured in the background, and how its architectures nest.
import { EngineError, nestednessOf, ratiosOf } from "../../engine/index.ts";
import type { CurvePoint, RunArchitecture } from "../../worker/protocol.ts";
import type { Effect } from "../changes.ts";
import type { Deps, SliceOf } from "../slice.ts";
import type { GetState, StudioState } from "../storeState.ts";
import type { WorkControls } from "../task.ts";
import { REST_MS } from "./gatesSlice.ts";
import { clampRatio, lowestOf } from "./ratio.ts";
import type { CurveSlice } from "./runState.ts";

/** How many ratios a curve has. */
export const CURVE_RATIOS = 10;

export const curveSlice: SliceOf<CurveSlice> = (deps, set, get) => {
  const point = curvePoint(deps, get);
  const curve = deps.task({
    name: "curve",
    turns: "own",
    isRunning: (state) => state.curve.phase === "measuring",
    run() {
      const { model, run, architecture, recipe } = get();
      if (model.phase !== "open" || run.phase === "training" || !architecture) return null;
      const ratios = curveRatios(architecture, { model, recipe });
      const points: CurvePoint[] = [];
      const measuring = (): Pick<CurveSlice, "curve"> => ({ curve: { phase: "measuring", points: [...points] } });
      return {
        begin: measuring(),
        async work(controls) {
          const began = performance.now();
          for (const ratio of ratios) {
            reportProgress(get, points.length, ratios.length, began);
            points.push(await point.measure(ratio, controls));
            if (!controls.isCurrent()) return;
            set(measuring());
          }
        },
        done() {
          const nested = nestednessOf(points.map(({ architecture: { masks } }) => masks));
          return { curve: { phase: "measured", points, nested } };
        },
        cancelled: () => ({ curve: { phase: "stopped", points: [...points] } }),
        failed: (error) => ({ curve: { phase: "failed", points, error } }),
      };
    },
  });
  const gone: Effect = { stop: curve.drop, clear: () => ({ curve: { phase: "none" } }) };
  deps.on({ model: gone, text: gone, run: gone });
  return {
    curve: { phase: "none" },
    measureCurve: curve.start,
    stopCurve: curve.drop,
    yieldCurve() {
      if (get().curve.phase === "measuring") point.yield();
    },
  };
};

/** The ratios of a run's curve: over what it was trained for, or over the form's bounds, as far as its gates reach. */
function curveRatios(
  { trainedFor, made }: Pick<RunArchitecture, "trainedFor" | "made">,
  { model, recipe }: Pick<StudioState, "model" | "recipe">,
): number[] {
  const { from, to } = trainedFor ?? { from: recipe.ratioFrom, to: recipe.ratioTo };
  // the form's gates may have been changed since the run
  const lowest = lowestOf({ model, recipe: made.kind === "disp" ? made.recipe : recipe }).ratio;
  return ratiosOf({ ratioFrom: clampRatio(from, lowest), ratioTo: clampRatio(to, lowest) }, CURVE_RATIOS);
}

interface PointMeasurement {
  /** Measures the run at a ratio, again and again while the slider takes its place. */
  measure(ratio: number, controls: WorkControls): Promise<CurvePoint>;
  /** Cancels the point that is being measured; it is measured again once the slider rests. */
  yield(): void;
}

function curvePoint({ client, clock }: Deps, get: GetState): PointMeasurement {
  let requested = false;
  let yielded = false;
  const rest = (): Promise<void> => new Promise((resolve) => void clock.after(REST_MS, resolve));
  const request = async (ratio: number, { turn }: WorkControls): Promise<CurvePoint> => {
    try {
      return await turn(() => {
        requested = true;
        return client.request({ type: "curve", ratio, tokens: get().evaluationTokens });
      });
    } finally {
      requested = false;
    }
  };
  return {
    async measure(ratio, controls) {
      for (;;) {
        yielded = false;
        try {
          return await request(ratio, controls);
        } catch (thrown) {
          if (!yielded || !controls.isCurrent() || EngineError.from(thrown).code !== "cancelled") throw thrown;
          await rest();
        }
      }
    },
    yield() {
      yielded = true;
      if (requested) client.request({ type: "cancel", task: "curve" }).catch(() => undefined);
    },
  };
}

function reportProgress(get: GetState, done: number, total: number, began: number): void {
  const seconds = (performance.now() - began) / 1000;
  const left = done > 0 ? { secondsLeft: (seconds * (total - done)) / done } : {};
  get().setProgress("curve", { task: "curve", done, total, unit: "ratios", ...left });
}

type Known = Pick<StudioState, "architecture" | "curve" | "run" | "pruned" | "dense">;

/** Whether a run for every ratio has just ended and been measured at the target: then its curve is measured without being asked for. */
export function isCurveDue({ architecture, curve, run, pruned, dense }: Known, before: Known): boolean {
  if (curve.phase !== "none" || run.phase !== "done" || !architecture?.trainedFor) return false;
  if (pruned === before.pruned && dense === before.dense && run.phase === before.run.phase) return false;
  return pruned.phase === "measured" && dense.phase === "measured" && !pruned.last.stale && !dense.last.stale;
}
