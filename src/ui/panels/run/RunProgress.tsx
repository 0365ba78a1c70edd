// Where the run stands: a bar, step i of n, milliseconds a step, time left; and a seldom word for screen readers.
import { Progress } from "radix-ui";
import type { StudioState } from "../../../state/storeState.ts";
import { duration, stepTime } from "../../../shared/format.ts";
import { useThrottled, useStudio } from "../../studioContext.tsx";

const PHASE_WORDS = { idle: "not begun", training: "training", paused: "paused", done: "done" } as const;

/** Changes only at a new phase and at every tenth of the run. */
function spoken({ run }: StudioState): string {
  if (run.phase === "idle") return "";
  if (run.phase !== "training") return `Run ${PHASE_WORDS[run.phase]} at step ${run.step} of ${run.of}.`;
  return `Training, ${10 * Math.floor((10 * run.step) / Math.max(1, run.of))} % done.`;
}

export function RunProgress() {
  const run = useThrottled((state) => state.run);
  const pace = useThrottled((state) => state.pace);
  const planned = useStudio((state) => state.recipe.steps);
  const note = useThrottled((state) => state.progress.train?.note);
  const words = useStudio(spoken);
  const { step, of } = run.phase === "idle" ? { step: 0, of: planned } : run;
  const training = run.phase === "training";
  return (
    <div className="run-progress">
      <Progress.Root className="bar" value={Math.min(step, of)} max={Math.max(1, of)} aria-label="Steps of the run">
        <Progress.Indicator
          className="bar-fill"
          style={{ transform: `scaleX(${of > 0 ? Math.min(1, step / of) : 0})` }}
        />
      </Progress.Root>
      <p className="run-words">
        <span data-testid="run-step">
          step {step} of {of}
        </span>
        <span data-testid="run-phase">{PHASE_WORDS[run.phase]}</span>
        <span data-testid="run-pace">{pace && run.phase !== "idle" ? `${stepTime(pace.msPerStep)} a step` : ""}</span>
        <span data-testid="run-left">{pace && training ? `${duration(pace.secondsLeft)} left` : ""}</span>
      </p>
      {note ? <p className="field-hint">{note}</p> : null}
      <p className="unseen" aria-live="polite">
        {words}
      </p>
    </div>
  );
}
