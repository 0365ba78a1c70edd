// The badge below the results: which run, method and ratio all figures show, what was not saved with it, and what can be done about it.
import { Bookmark, LogOut, Undo2 } from "lucide";
import { canKeepPoint, canRestoreRun, canShowRun } from "../../../state/allowed.ts";
import { showsRun } from "../../../state/run/currentPruning.ts";
import { showsExample } from "../../../state/runs/runLibrary.ts";
import { shownWords } from "../../../state/run/shown.ts";
import { useActions, useStudio, useThrottled } from "../../studioContext.tsx";
import { Icon } from "../../parts/Icon.tsx";

export function ShownBadge() {
  const words = useThrottled((state) => shownWords(state));
  const missing = useStudio((state) => state.restored?.missing ?? null);
  const keepable = useStudio(canKeepPoint);
  const hasRun = useStudio((state) => !showsRun(state) && state.run.phase !== "idle");
  const backable = useStudio(canShowRun);
  const example = useStudio(showsExample);
  const leavable = useStudio(canRestoreRun);
  const { keepPoint, showRun, leaveExamples } = useActions();
  return (
    <p className="shown" data-testid="shown">
      <span role="status" data-testid="shown-words">
        Showing: <strong>{words}</strong>
        {missing && missing.length > 0 ? `. Not kept with it: ${missing.join(", ")}.` : ""}
      </span>
      {keepable ? (
        <button type="button" className="link" data-testid="keep-point" onClick={() => void keepPoint()}>
          <Icon of={Bookmark} />
          Keep this point
        </button>
      ) : null}
      {example ? (
        <button
          type="button"
          className="link"
          data-testid="shown-leave"
          disabled={!leavable}
          onClick={() => void leaveExamples()}
        >
          <Icon of={LogOut} />
          Leave the examples
        </button>
      ) : null}
      {hasRun && !example ? (
        <button
          type="button"
          className="link"
          data-testid="show-run"
          disabled={!backable}
          onClick={() => void showRun()}
        >
          <Icon of={Undo2} />
          Back to this session’s run
        </button>
      ) : null}
    </p>
  );
}
