// One run at ten ratios, once a run can be measured at them.
import { Suspense } from "react";
import { showsRun } from "../../../state/run/currentPruning.ts";
import type { StudioState } from "../../../state/storeState.ts";
import { later } from "../../parts/later.ts";
import { useStudio } from "../../studioContext.tsx";

const CurveFigure = later(async () => (await import("./CurveFigure.tsx")).CurveFigure);

/** Only a paused or finished run can be measured at other ratios. */
const canShow = (state: StudioState): boolean => {
  const { run, architecture, curve } = state;
  const measurable = architecture !== null && (run.phase === "done" || run.phase === "paused");
  return showsRun(state) && (curve.phase !== "none" || measurable);
};

export function RatioCurve() {
  return <Suspense>{useStudio(canShow) ? <CurveFigure /> : null}</Suspense>;
}
