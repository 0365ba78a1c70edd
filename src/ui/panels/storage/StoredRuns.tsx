// The saved runs in the list of what is stored. A removed one can be brought back.
import { Undo2 } from "lucide";
import { useActions, useStudio } from "../../studioContext.tsx";
import { StoredGroup } from "./StoredGroup.tsx";
import { StoredRow } from "./StoredRow.tsx";
import { Icon } from "../../parts/Icon.tsx";

export function StoredRuns() {
  const runs = useStudio((state) => state.runs) ?? [];
  const sizes = useStudio((state) => state.runBytes);
  const removed = useStudio((state) => state.removedRuns.at(-1));
  const { removeRun, undoRemove } = useActions();
  if (runs.length === 0 && !removed) return null;
  const removeAll = async (): Promise<void> => {
    for (const { id } of runs) await removeRun(id);
  };
  return (
    <>
      <StoredGroup
        testId="stored-runs"
        title="Saved runs"
        about="Masks, curves and figures of finished runs. Sizes are those of their JSON files."
        count={runs.length}
        size={runs.reduce((sum, { id }) => sum + (sizes[id] ?? 0), 0)}
        loss="This removes every saved run. Only the last 20 can be brought back."
        onRemoveAll={() => void removeAll()}
      >
        {runs.map(({ id, name, finished }) => (
          <StoredRow
            key={id}
            name={name}
            size={sizes[id] ?? null}
            changed={finished}
            kept={null}
            loss={null}
            onRemove={() => void removeRun(id)}
          />
        ))}
      </StoredGroup>
      {removed ? (
        <p role="status" data-testid="stored-run-removed">
          “{removed.record.name}” was removed.{" "}
          <button
            key={removed.record.id}
            autoFocus
            type="button"
            className="link"
            data-testid="stored-undo"
            onClick={() => void undoRemove()}
          >
            <Icon of={Undo2} />
            Undo
          </button>
        </p>
      ) : null}
    </>
  );
}
