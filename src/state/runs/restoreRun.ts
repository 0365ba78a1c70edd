// Restoring a saved run: its masks, recipe, curves and texts. What was not saved with it is said.
import { EngineError, type Run, type RunRecord } from "../../engine/index.ts";
import { bundledText, type TextSource, type TextSources } from "../../shared/texts.ts";
import { replacePruning } from "../run/currentPruning.ts";
import type { Deps } from "../slice.ts";
import type { GetState, Patch, SetState, StudioState } from "../storeState.ts";
import { restoreRefusal } from "./restoreRefusal.ts";
import { knownRun, type RunLibrary } from "./runLibrary.ts";
import { libraryTask } from "./runTasks.ts";
import type { RunsSlice } from "./runsState.ts";

/** The curves among what is missing. */
export const CURVES = "its curves";

export function restoring(
  deps: Deps,
  library: RunLibrary,
  { set, get }: { set: SetState; get: GetState },
): RunsSlice["restoreRun"] {
  const task = libraryTask(deps, {
    measuring: "follows",
    async work({ turn }, id: string) {
      const run = await library.read(id);
      return { run, restored: await turn(() => deps.client.request({ type: "restore", run })) };
    },
    done({ run, restored }) {
      const { made } = run.record;
      deps.series.show(run.history ?? null, made.kind === "disp" ? made.recipe.steps : 0);
      return {
        ...controlsOf(run.record, get()),
        ...replacePruning(deps, restored),
        restored: { record: run.record, missing: missingOf(run, get()) },
      };
    },
  });
  return async (id) => {
    const record = knownRun(get(), id);
    if (!record) return;
    const refusal = restoreRefusal(get(), record);
    if (refusal) return set({ runsError: new EngineError("config", refusal) });
    if (!(await task.result(id))) return;
    const texts = textsOf(record, get());
    if (Object.keys(texts).length > 0) await get().setTexts(texts);
  };
}

/** The controls show the run's method and recipe. The recipe of a paused run is kept, so that the run can continue. */
function controlsOf({ made }: RunRecord, { run, recipe, pausedRecipe, weightRecipe }: StudioState): Patch {
  if (made.kind === "weights") return { method: made.recipe.method, weightRecipe: { ...weightRecipe, ...made.recipe } };
  const shown = made.kind === "disp" ? made.recipe : { ...recipe, ratio: made.ratio };
  return {
    method: "disp",
    recipe: shown,
    pausedRecipe: run.phase === "paused" ? (pausedRecipe ?? recipe) : null,
  };
}

/** The run's bundled texts where others are chosen. */
function textsOf({ calibration, perplexity }: RunRecord, state: StudioState): Partial<TextSources> {
  const changed = (now: TextSource, name: string): TextSource | null => {
    const text = bundledText(name);
    return text && (now.kind !== "bundled" || now.name !== text.name) ? text : null;
  };
  // A paused run continues on the text that it began with.
  const forCalibration = state.run.phase === "paused" ? null : changed(state.calibration, calibration.name);
  const forEvaluation = changed(state.evaluation, perplexity.text.name);
  return {
    ...(forCalibration ? { calibration: forCalibration } : {}),
    ...(forEvaluation ? { evaluation: forEvaluation } : {}),
  };
}

function missingOf({ record, history }: Run, state: TextSources): string[] {
  const { calibration, perplexity, made } = record;
  const lost = (now: TextSource, name: string): boolean => bundledText(name) === null && now.name !== name;
  return [
    ...(made.kind === "disp" && !history ? [CURVES] : []),
    ...(lost(state.calibration, calibration.name) ? [`its calibration text ${calibration.name}`] : []),
    ...(lost(state.evaluation, perplexity.text.name) ? [`its evaluation text ${perplexity.text.name}`] : []),
  ];
}
