// One run at ten ratios: the curve of its perplexity, its progress, and how far its architectures are nested.
import { useMemo } from "react";
import { ratioCurve } from "../../../charts/index.ts";
import type { RunRecord } from "../../../engine/index.ts";
import { canMeasureCurve } from "../../../state/allowed.ts";
import type { CurveSlice } from "../../../state/run/runState.ts";
import { lastOf } from "../../../state/text/textState.ts";
import type { CurvePoint } from "../../../worker/protocol.ts";
import { shownModel } from "../../../state/model/shownModel.ts";
import { ratioCurveOf } from "../../views/curveView.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { Figure } from "../../parts/Figure.tsx";
import { keptPercent } from "../../../shared/format.ts";
import { useActions, useStudio } from "../../studioContext.tsx";
import { TaskProgress } from "../../parts/TaskProgress.tsx";
import { useValueSource } from "../../views/useValueSource.ts";
import { ratioCurveTable } from "../../views/figureTables.ts";

const NO_RUNS: readonly RunRecord[] = [];
const NO_POINTS: readonly CurvePoint[] = [];

export function CurveFigure() {
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
          name="ratio-curve"
          title="One run at every ratio"
          caption="Perplexity against kept share. Click a point to go to that ratio; dotted: current target."
          make={make}
          table={ratioCurveTable}
          source={source}
        />
      ) : null}
      <CurveState curve={curve} />
    </section>
  );
}

interface CurveStateProps {
  curve: CurveSlice["curve"];
}

/** Progress of the measurement or its outcome, and the button that starts it. */
function CurveState({ curve }: CurveStateProps) {
  const able = useStudio(canMeasureCurve);
  const { measureCurve, stopCurve } = useActions();
  if (curve.phase === "measuring")
    return (
      <TaskProgress task="curve" label="Measuring the curve:" stop="Stop" cancel={() => Promise.resolve(stopCurve())} />
    );
  if (curve.phase === "measured")
    return (
      <p data-testid="nestedness">
        Nesting: {keptPercent({ kept: curve.nested.broken, of: curve.nested.of })} of the gates of a smaller model are
        missing in the next larger one.
      </p>
    );
  return (
    <>
      {curve.phase === "failed" ? <ErrorNote error={curve.error} context="measuring" testId="curve-error" /> : null}
      <button type="button" data-testid="curve-start" disabled={!able} onClick={() => void measureCurve()}>
        {curve.phase === "none" ? "Measure this run at ten ratios" : "Measure the remaining ratios"}
      </button>
    </>
  );
}
