// Recovery of the current pruning: its button with the time that it takes, its choices, its progress, and its outcome.
import { Play, Undo2 } from "lucide";
import { DEFAULT_RANK, RANK_BOUNDS, RECOVER_BOUNDS } from "../../../../engine/index.ts";
import { duration, perplexityText, whole } from "../../../../shared/format.ts";
import { canRecover, canUndoRecovery } from "../../../../state/allowed.ts";
import { isPruned } from "../../../../state/run/currentPruning.ts";
import { recoverSeconds } from "../../../../state/run/recoverSlice.ts";
import type { StudioState } from "../../../../state/storeState.ts";
import { ChoiceField } from "../../../parts/ChoiceField.tsx";
import { ErrorNote } from "../../../parts/ErrorNote.tsx";
import { NumberField } from "../../../parts/NumberField.tsx";
import { Icon } from "../../../parts/Icon.tsx";
import { Summary } from "../../../parts/Summary.tsx";
import { useActions, useStudio } from "../../../studioContext.tsx";
import { PausedNote, RecoverProgress } from "./PausedNote.tsx";
import { RecoverCurve } from "./RecoverCurve.tsx";
import { REFIT_DONE, RefitStart, refitUndone } from "./RefitStart.tsx";

/** What may be trained: its words in the list, for the closed form, and below the list. */
const TRAINED = {
  out: {
    title: "Output matrices of attention and MLP",
    short: "output matrices",
    hint: "The other weights stay as they are",
    choice: { matrices: "out" },
  },
  all: {
    title: "All matrices of the blocks",
    short: "all matrices",
    hint: "Takes more memory than the output matrices",
    choice: { matrices: "all" },
  },
  lowRank: {
    title: "Low rank (LoRA) on all matrices",
    short: "low rank",
    hint: "No matrix is copied, so a large model takes less memory",
    choice: { matrices: "all", rank: DEFAULT_RANK },
  },
} as const;
type TrainedChoice = keyof typeof TRAINED;
const OPTIONS = (["out", "all", "lowRank"] as const).map((value) => ({ value, title: TRAINED[value].title }));

/** "about 2 min: 300 steps"; without a known pace only the steps. */
function estimate(state: StudioState): string {
  const { steps } = state.recoverChoice;
  const seconds = recoverSeconds(state);
  const words = `${whole(steps)} ${steps === 1 ? "step" : "steps"}`;
  return seconds === null ? words : `about ${duration(seconds)}: ${words}`;
}

function RecoverChoices({ disabled }: { disabled: boolean }) {
  const { steps, matrices, rank, seed } = useStudio((state) => state.recoverChoice);
  const { chooseRecovery } = useActions();
  const trained: TrainedChoice = rank === undefined ? matrices : "lowRank";
  return (
    <details className="disclosure" data-testid="recover-choices">
      <Summary gist={`${whole(steps)} steps, ${TRAINED[trained].short}${rank === undefined ? "" : ` ${rank}`}`}>
        Recovery
      </Summary>
      <NumberField
        label="Steps"
        hint="More steps recover more"
        whole
        testId="recover-steps"
        value={steps}
        min={RECOVER_BOUNDS.steps.min}
        max={RECOVER_BOUNDS.steps.max}
        disabled={disabled}
        onValue={(value) => chooseRecovery({ steps: value })}
      />
      <NumberField
        label="Seed"
        hint="Draws the windows of the calibration text"
        whole
        testId="recover-seed"
        value={seed}
        min={RECOVER_BOUNDS.seed.min}
        max={RECOVER_BOUNDS.seed.max}
        disabled={disabled}
        onValue={(value) => chooseRecovery({ seed: value })}
      />
      <ChoiceField
        id="recover-matrices"
        label="Train"
        value={trained}
        options={OPTIONS}
        disabled={disabled}
        hint={TRAINED[trained].hint}
        onValue={(value) => chooseRecovery(TRAINED[value].choice)}
      />
      {rank === undefined ? null : (
        <NumberField
          label="Rank"
          hint="A higher rank recovers more and takes more memory"
          whole
          testId="recover-rank"
          value={rank}
          min={RANK_BOUNDS.min}
          max={RANK_BOUNDS.max}
          disabled={disabled}
          onValue={(value) => chooseRecovery({ rank: value })}
        />
      )}
    </details>
  );
}

/** What the last recovery has done, in words; null where there is none. */
function outcomeOf({ recovery, recovered }: StudioState): string | null {
  if (recovery.phase === "undone") {
    if (!recovery.facts.recipe) return refitUndone(recovery.facts);
    const { before, last } = recovery.facts.guard;
    if (recovery.facts.guard.lastStep === 0)
      return "Stopped before the first measurement, so the weights stay as they were.";
    return `Undone: on a slice of the calibration text that it did not train on, perplexity was ${perplexityText(before)} before and ${perplexityText(last)} after. Try more steps.`;
  }
  if (!recovered) return null;
  const { step, recipe, guard } = recovered.facts;
  if (!recipe) return REFIT_DONE;
  const kept = guard.bestStep < step ? `; the weights of step ${whole(guard.bestStep)} were the best` : "";
  return `Recovered: ${whole(step)} of ${whole(recipe.steps)} steps${kept}. Moving the target leaves the recovered weights.`;
}

function Outcome() {
  const words = useStudio(outcomeOf);
  const isRecovered = useStudio((state) => state.recovered !== null);
  const isTrained = useStudio((state) => state.recovered?.facts.recipe !== undefined);
  const able = useStudio(canUndoRecovery);
  const { undoRecovery } = useActions();
  return (
    <>
      <p className="field-hint" role="status" data-testid="recover-outcome">
        {words}
      </p>
      {isRecovered ? (
        <button
          type="button"
          className="link"
          data-testid="recover-undo"
          disabled={!able}
          onClick={() => void undoRecovery()}
        >
          <Icon of={Undo2} />
          {isTrained ? "Back to before the recovery" : "Back to before the refit"}
        </button>
      ) : null}
    </>
  );
}

function Start() {
  const able = useStudio(canRecover);
  const words = useStudio(estimate);
  const failure = useStudio(({ recovery }) => (recovery.phase === "failed" ? recovery.error : null));
  const { recover } = useActions();
  return (
    <>
      <div className="recover-start">
        <button
          type="button"
          data-testid="recover"
          aria-describedby="recover-estimate"
          title="Trains the kept weights towards the dense model"
          disabled={!able}
          onClick={() => void recover()}
        >
          <Icon of={Play} />
          Recover
        </button>
        <span className="field-hint" id="recover-estimate" data-testid="recover-estimate">
          {words}
        </span>
      </div>
      <RefitStart />
      {failure ? <ErrorNote error={failure} context="training" testId="recover-error" /> : null}
    </>
  );
}

/** Shown once something is pruned, and while a recovery is paused. */
export function RecoverPanel() {
  const pruned = useStudio((state) => isPruned(state) && state.run.phase !== "training");
  const running = useStudio((state) => state.recovery.phase === "recovering");
  const paused = useStudio((state) => state.pausedRecovery !== null && state.run.phase !== "training");
  if (!pruned && !running && !paused) return null;
  return (
    <div className="recover" role="group" aria-label="Recover" data-testid="recover-panel">
      {running ? (
        <RecoverProgress />
      ) : (
        <>
          {pruned ? <Start /> : null}
          {paused ? <PausedNote /> : null}
        </>
      )}
      <RecoverCurve />
      <Outcome />
      <RecoverChoices disabled={running} />
    </div>
  );
}
