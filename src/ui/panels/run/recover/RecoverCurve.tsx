// The guard's perplexity while a model recovers, and after it.
import { useMemo } from "react";
import { recoverCurve, type RecoverCurveData } from "../../../../charts/index.ts";
import type { StudioState } from "../../../../state/storeState.ts";
import type { GuardReading } from "../../../../worker/protocol.ts";
import { ChartView } from "../../../parts/ChartView.tsx";
import { useStudio } from "../../../studioContext.tsx";
import { useValueSource } from "../../../views/useValueSource.ts";

const NONE: readonly GuardReading[] = [];

/** The readings of the recovery that runs, was the last one or is paused. */
function readingsOf({ recovery, recovered, pausedRecovery }: StudioState): readonly GuardReading[] {
  if (recovery.phase === "recovering" || recovery.phase === "undone") return recovery.readings;
  return recovered?.readings ?? pausedRecovery?.readings ?? NONE;
}

function stepsOf({ recovery, recovered, pausedRecovery, recoverChoice }: StudioState): number {
  const facts = recovery.phase === "undone" ? recovery.facts : recovered?.facts;
  return facts?.recipe?.steps ?? pausedRecovery?.choice.steps ?? recoverChoice.steps;
}

export function RecoverCurve() {
  const readings = useStudio(readingsOf);
  const steps = useStudio(stepsOf);
  const [first] = readings;
  return first ? <Drawn readings={readings} steps={steps} dense={first.dense} /> : null;
}

function Drawn({ readings, steps, dense }: RecoverCurveData) {
  const data = useMemo(() => ({ readings, steps, dense }), [readings, steps, dense]);
  const source = useValueSource(data);
  return (
    <div className="recover-curve" data-testid="recover-curve">
      <ChartView make={recoverCurve} source={source} />
    </div>
  );
}
