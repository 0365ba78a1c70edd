// Progress of the run, or of the measurement that its start waits for: a bar, step i of n, pace, time left, and an occasional screen-reader announcement.
import { useEffect, useState } from "react";
import { Progress } from "radix-ui";
import type { StudioState } from "../../../state/storeState.ts";
import { duration, percent, stepTime, whole } from "../../../shared/format.ts";
import { longRunText, PACE_STEPS } from "../../../shared/longRun.ts";
import { askToNotify, canAskToNotify } from "../../longRuns.ts";
import { useStudio, useThrottled } from "../../studioContext.tsx";

const PHASE_WORDS = { idle: "not started", training: "training", paused: "paused", done: "done" } as const;
/** A start that waits for longer than this shows what it waits for. */
const LONG_START_MS = 1000;

/** Changes only with the phase and at every tenth of the run. */
function announcement({ run }: StudioState): string {
  if (run.phase === "idle") return "";
  if (run.phase !== "training") return `Run ${PHASE_WORDS[run.phase]} at step ${run.step} of ${run.of}.`;
  return `Training: ${percent(Math.floor((10 * run.step) / Math.max(1, run.of)) / 10, 0)} done.`;
}

/** Whether a start waits, and has waited for long. */
function useLongStart(): boolean {
  const waits = useStudio((state) => state.startWaits);
  const [long, setLong] = useState(false);
  useEffect(() => {
    if (!waits) return undefined;
    const timer = setTimeout(() => setLong(true), LONG_START_MS);
    return () => {
      clearTimeout(timer);
      setLong(false);
    };
  }, [waits]);
  return waits && long;
}

/** The note on a run that takes days; empty for others, and before its pace is known. */
function useLongRun({ step, of }: { step: number; of: number }): string {
  const tokens = useStudio((state) => state.recipe.tokens);
  const phase = useThrottled((state) => state.run.phase);
  const pace = useThrottled((state) => state.pace);
  if (!pace || phase !== "training" || step < PACE_STEPS) return "";
  return longRunText(pace.msPerStep, { steps: of, tokens }) ?? "";
}

interface Shown {
  bar: { done: number; of: number; label: string };
  pace: string;
  left: string;
}

/** The run: its steps and its pace. */
function useRun({ step, of }: { step: number; of: number }): Shown {
  const phase = useThrottled((state) => state.run.phase);
  const pace = useThrottled((state) => state.pace);
  return {
    bar: { done: step, of, label: "Training progress" },
    pace: pace && phase !== "idle" ? `${stepTime(pace.msPerStep)} per step` : "",
    left: pace && phase === "training" ? `${duration(pace.secondsLeft)} left` : "",
  };
}

/** The dense model's measurement before the run; not yet known while the worker measures the pruned model. */
function useStart(): Shown {
  const perplexity = useThrottled((state) => state.progress.perplexity);
  const { done, total, secondsLeft } = perplexity?.note === "dense" ? perplexity : { done: 0, total: 0 };
  return {
    bar: { done, of: total, label: "Measuring the dense model" },
    pace: `Measuring the dense model first${total > 0 ? `, ${percent(done / total, 0)}` : "…"}`,
    left: secondsLeft === undefined ? "" : `${duration(secondsLeft)} left`,
  };
}

/** Offers once to tell when long work ends. */
function Notify() {
  const training = useStudio((state) => state.run.phase === "training");
  const [asked, setAsked] = useState(false);
  if (!training || asked || !canAskToNotify()) return null;
  const ask = (): void => {
    setAsked(true);
    void askToNotify();
  };
  return (
    <p className="field-hint">
      It continues in a hidden tab.{" "}
      <button type="button" className="link" data-testid="notify" onClick={ask}>
        Notify me at the end
      </button>
    </p>
  );
}

export function RunProgress() {
  const run = useThrottled((state) => state.run);
  const planned = useStudio((state) => state.recipe.steps);
  const note = useThrottled((state) => state.progress.train?.note);
  const announced = useStudio(announcement);
  const { step, of } = run.phase === "idle" ? { step: 0, of: planned } : run;
  const long = useLongStart();
  const takesDays = useLongRun({ step, of });
  const [ofRun, ofStart] = [useRun({ step, of }), useStart()];
  const { bar, pace, left } = long ? ofStart : ofRun;
  return (
    <div className="run-progress">
      <Progress.Root
        className="bar"
        value={Math.min(bar.done, bar.of)}
        max={Math.max(1, bar.of)}
        aria-label={bar.label}
      >
        <Progress.Indicator
          className="bar-fill"
          style={{ transform: `scaleX(${bar.of > 0 ? Math.min(1, bar.done / bar.of) : 0})` }}
        />
      </Progress.Root>
      <p className="run-words">
        <span data-testid="run-step">
          step {whole(step)} of {whole(of)}
        </span>
        <span data-testid="run-phase">{PHASE_WORDS[run.phase]}</span>
        <span data-testid="run-pace">{pace}</span>
        <span data-testid="run-left">{left}</span>
      </p>
      {takesDays ? (
        <p className="field-hint" role="status">
          {takesDays}
        </p>
      ) : null}
      {note ? <p className="field-hint">{note}</p> : null}
      <Notify />
      <p className="unseen" aria-live="polite">
        {long ? "Measuring the dense model first." : announced}
      </p>
    </div>
  );
}
