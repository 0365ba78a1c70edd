// Progress of the run: a bar, step i of n, time per step, time left, and an occasional screen-reader announcement.
import { Progress } from "radix-ui";
import type { StudioState } from "../../../state/storeState.ts";
import { duration, percent, stepTime, whole } from "../../../shared/format.ts";
import { useStudio, useThrottled } from "../../studioContext.tsx";

const PHASE_WORDS = { idle: "not started", training: "training", paused: "paused", done: "done" } as const;

/** Changes only with the phase and at every tenth of the run. */
function announcement({ run }: StudioState): string {
  if (run.phase === "idle") return "";
  if (run.phase !== "training") return `Run ${PHASE_WORDS[run.phase]} at step ${run.step} of ${run.of}.`;
  return `Training: ${percent(Math.floor((10 * run.step) / Math.max(1, run.of)) / 10, 0)} done.`;
}

export function RunProgress() {
  const run = useThrottled((state) => state.run);
  const pace = useThrottled((state) => state.pace);
  const planned = useStudio((state) => state.recipe.steps);
  const note = useThrottled((state) => state.progress.train?.note);
  const announced = useStudio(announcement);
  const { step, of } = run.phase === "idle" ? { step: 0, of: planned } : run;
  const training = run.phase === "training";
  return (
    <div className="run-progress">
      <Progress.Root className="bar" value={Math.min(step, of)} max={Math.max(1, of)} aria-label="Training progress">
        <Progress.Indicator
          className="bar-fill"
          style={{ transform: `scaleX(${of > 0 ? Math.min(1, step / of) : 0})` }}
        />
      </Progress.Root>
      <p className="run-words">
        <span data-testid="run-step">
          step {whole(step)} of {whole(of)}
        </span>
        <span data-testid="run-phase">{PHASE_WORDS[run.phase]}</span>
        <span data-testid="run-pace">{pace && run.phase !== "idle" ? `${stepTime(pace.msPerStep)} per step` : ""}</span>
        <span data-testid="run-left">{pace && training ? `${duration(pace.secondsLeft)} left` : ""}</span>
      </p>
      {note ? <p className="field-hint">{note}</p> : null}
      <p className="unseen" aria-live="polite">
        {announced}
      </p>
    </div>
  );
}
