// The curve of a run: perplexity at ten ratios, how far it is, and how the architectures lie inside each other.
import { useMemo } from "react";
import { ratioCurve } from "../../../charts/index.ts";
import type { RunRecord } from "../../../engine/index.ts";
import type { CurveSlice, StudioState } from "../../../state/storeState.ts";
import { lastOf } from "../../../state/text/textSlice.ts";
import type { CurvePoint } from "../../../worker/protocol.ts";
import { shownModel } from "../../views/chartSources.ts";
import { ratioCurveOf } from "../../views/curveView.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { Figure } from "../../parts/Figure.tsx";
import { percent } from "../../../shared/format.ts";
import { useActions, useStudio } from "../../studioContext.tsx";
import { TaskProgress } from "../../parts/TaskProgress.tsx";
import { useValueSource } from "../../views/useValueSource.ts";

const NO_RUNS: readonly RunRecord[] = [];
const NO_POINTS: readonly CurvePoint[] = [];

/** Only a run that stands can be asked for other ratios. */
const shown = ({ run, architecture, curve }: StudioState): boolean =>
  curve.phase !== "none" || (architecture !== null && (run.phase === "done" || run.phase === "paused"));

export function RatioCurve() {
  return useStudio(shown) ? <CurveFigure /> : null;
}

function CurveFigure() {
  const curve = useStudio((state) => state.curve);
  const runs = useStudio((state) => state.runs) ?? NO_RUNS;
  const dense = useStudio((state) => lastOf(state.dense));
  const ratio = useStudio((state) => state.recipe.ratio);
  const blocks = useStudio((state) => shownModel(state)?.parameters.blocks ?? 1);
  const points = curve.phase === "none" ? NO_POINTS : curve.points;
  const data = useMemo(
    () => ratioCurveOf({ points, runs, dense, ratio, blocks }),
    [points, runs, dense, ratio, blocks],
  );
  const source = useValueSource(data);
  const { setRatio } = useActions();
  const make = useMemo(() => (node: HTMLElement) => ratioCurve(node, { onChoose: setRatio }), [setRatio]);
  return (
    <section className="ratio-curve" aria-label="Perplexity at every ratio" data-testid="ratio-curve">
      {points.length > 0 ? (
        <Figure
          number={12}
          name="ratio-curve"
          title="One run at every ratio"
          caption="Perplexity against kept share. A click moves the target to that ratio; the dotted line is where it stands."
          make={make}
          source={source}
        />
      ) : null}
      <CurveState curve={curve} />
    </section>
  );
}

function CurveState({ curve }: { curve: CurveSlice["curve"] }) {
  const { measureCurve, stopCurve } = useActions();
  if (curve.phase === "measuring")
    return (
      <TaskProgress task="curve" label="Measuring the curve:" stop="Stop" cancel={() => Promise.resolve(stopCurve())} />
    );
  if (curve.phase === "measured")
    return (
      <p data-testid="nestedness">
        {percent(curve.nested.of > 0 ? curve.nested.broken / curve.nested.of : 0)} of the gates kept at one ratio are
        lost at the next larger one.
      </p>
    );
  return (
    <>
      {curve.phase === "failed" ? <ErrorNote error={curve.error} testId="curve-error" /> : null}
      <button type="button" data-testid="curve-start" onClick={() => void measureCurve()}>
        {curve.phase === "none" ? "Measure this run at ten ratios" : "Measure the other ratios"}
      </button>
    </>
  );
}
