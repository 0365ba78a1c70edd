// A recovery that runs and can be paused, and one that is paused: of this session, or of an earlier one.
import { Pause, Play, Trash } from "lucide";
import { whole } from "../../../../shared/format.ts";
import { canResumeRecovery } from "../../../../state/allowed.ts";
import type { StudioState } from "../../../../state/storeState.ts";
import { TaskProgress } from "../../../parts/TaskProgress.tsx";
import { Icon } from "../../../parts/Icon.tsx";
import { useActions, useStudio } from "../../../studioContext.tsx";

export function RecoverProgress() {
  const refits = useStudio(({ recovery }) => recovery.phase === "recovering" && recovery.refit === true);
  const { pauseRecovery, stopRecovery } = useActions();
  if (refits)
    return (
      <TaskProgress task="recover" label="Refitting" stop="Stop" cancel={stopRecovery} testId="recover-progress" />
    );
  return (
    <TaskProgress task="recover" label="Recovering" stop="Stop" cancel={stopRecovery} testId="recover-progress">
      <button
        type="button"
        data-testid="recover-pause"
        title="Can be resumed later, also after closing this page"
        onClick={() => void pauseRecovery()}
      >
        <Icon of={Pause} />
        Pause
      </button>
    </TaskProgress>
  );
}

/** "Paused at step 100 of 300: DISP 50 %, seed 1." */
function words({ pausedRecovery }: StudioState): string {
  if (!pausedRecovery) return "";
  const { step, choice, of } = pausedRecovery;
  return `Paused at step ${whole(step)} of ${whole(choice.steps)}: ${of}. A new recovery replaces it.`;
}

export function PausedNote() {
  const text = useStudio(words);
  const able = useStudio(canResumeRecovery);
  const { resumeRecovery, discardRecovery } = useActions();
  return (
    <div className="recover-paused">
      <p className="field-hint" role="status" data-testid="recover-paused">
        {text}
      </p>
      <p className="actions">
        <button type="button" data-testid="recover-resume" disabled={!able} onClick={() => void resumeRecovery()}>
          <Icon of={Play} />
          Resume
        </button>
        <button
          type="button"
          className="link"
          data-testid="recover-discard"
          disabled={!able}
          onClick={() => void discardRecovery()}
        >
          <Icon of={Trash} />
          Discard
        </button>
      </p>
    </div>
  );
}
