// Messages about the saved runs: an error, damaged records, the last deletion with its undo, and the last import.
import { Undo2 } from "lucide";
import { whole } from "../../../shared/format.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";

const damagedText = (count: number): string =>
  count === 1 ? "1 saved run is damaged and not listed." : `${whole(count)} saved runs are damaged and not listed.`;

export function RunNotes() {
  const error = useStudio((state) => state.runsError);
  const note = useStudio((state) => state.runsNote);
  const removed = useStudio((state) => state.removedRuns);
  const unreadable = useStudio((state) => state.unreadableRuns);
  const unsaved = useStudio((state) => state.unsavedRuns.length);
  const last = removed.at(-1);
  const { undoRemove, saveUnsavedRuns } = useActions();
  return (
    <>
      {error ? <ErrorNote error={error} context="runs" testId="runs-error" /> : null}
      {unsaved > 0 ? (
        <p role="status" data-testid="runs-unsaved">
          {unsaved === 1 ? "1 run is" : `${whole(unsaved)} runs are`} in this tab only, because the browser did not save
          {unsaved === 1 ? " it" : " them"}. Export as JSON to keep {unsaved === 1 ? "it" : "them"}, or{" "}
          <button type="button" className="link" data-testid="runs-save-again" onClick={() => void saveUnsavedRuns()}>
            try again
          </button>
          .
        </p>
      ) : null}
      {unreadable > 0 ? <p>{damagedText(unreadable)}</p> : null}
      {last ? (
        <p role="status" data-testid="run-removed">
          “{last.record.name}” was deleted{removed.length > 1 ? `, and ${whole(removed.length - 1)} before it` : ""}.{" "}
          <button
            // deleting took the focused button away; each deletion has its own way back
            key={last.record.id}
            autoFocus
            type="button"
            className="link"
            data-testid="run-undo"
            onClick={() => void undoRemove()}
          >
            <Icon of={Undo2} />
            Undo
          </button>
        </p>
      ) : null}
      {note ? (
        <p role="status" data-testid="runs-note">
          {whole(note.imported)} imported{note.known > 0 ? `, ${whole(note.known)} already here` : ""}.
        </p>
      ) : null}
    </>
  );
}
