// What can be done with a saved run: compare, view, load, rename, export, delete.
import { ArrowUpToLine, Columns2, Download, Eye, FileText, Pencil, Trash, type IconNode } from "lucide";
import type { RunRecord } from "../../../engine/index.ts";
import { isExample } from "../../../shared/exampleRuns.ts";
import { canRestoreRun } from "../../../state/allowed.ts";
import { restoreRefusal } from "../../../state/runs/restoreRefusal.ts";
import { useActions, useStudio } from "../../studioContext.tsx";
import { useSaveRuns } from "./useSaveRuns.ts";
import { Icon } from "../../parts/Icon.tsx";

interface Props {
  run: RunRecord;
  /** The run is picked for comparison. */
  picked: boolean;
  /** Called with the id of a run that is picked for comparison. */
  onPick: (id: string) => void;
  /** Its figures are shown. */
  viewed: boolean;
  /** Called with the id of a run whose figures are to be shown, or no longer. */
  onView: (id: string) => void;
  /** Called when the run is to be renamed. */
  onRename: () => void;
}

interface ActionProps {
  icon: IconNode;
  /** Text of the button; its accessible name adds the name of the run. */
  text: string;
  runName: string;
  testId: string;
  disabled?: boolean;
  /** Why it is disabled. */
  reason?: string | null;
  /** For a button that stays pressed. */
  pressed?: boolean;
  act: () => void;
}

function Action({ icon, text, runName, testId, disabled, reason, pressed, act }: ActionProps) {
  return (
    <button
      type="button"
      className="link"
      data-testid={testId}
      disabled={disabled}
      aria-pressed={pressed}
      aria-label={`${text} ${runName}`}
      title={reason ?? undefined}
      onClick={act}
    >
      <Icon of={icon} />
      {text}
    </button>
  );
}

export function RunActions({ run, picked, onPick, viewed, onView, onRename }: Props) {
  const { id, name } = run;
  const refusal = useStudio((state) => restoreRefusal(state, run));
  const { removeRun, restoreRun, loadExample, showReport } = useActions();
  const example = isExample(run);
  const save = useSaveRuns();
  const ready = useStudio(canRestoreRun);
  return (
    <div className="run-actions">
      <Action icon={Columns2} text="Compare" runName={name} testId="run-pick" pressed={picked} act={() => onPick(id)} />
      <Action icon={Eye} text="View" runName={name} testId="run-view" pressed={viewed} act={() => onView(id)} />
      <Action
        icon={ArrowUpToLine}
        text="Load"
        runName={name}
        testId="run-restore"
        disabled={!ready || refusal !== null}
        reason={refusal}
        act={() => void (example ? loadExample : restoreRun)(id)}
      />
      {example ? null : (
        <>
          <Action icon={Pencil} text="Rename" runName={name} testId="run-rename" act={onRename} />
          <Action
            icon={Download}
            text="Export"
            runName={name}
            testId="run-export"
            act={() => save([id], "espalier-run.json")}
          />
        </>
      )}
      <Action icon={FileText} text="Report…" runName={name} testId="run-report" act={() => showReport(id)} />
      {example ? null : (
        <Action icon={Trash} text="Delete" runName={name} testId="run-delete" act={() => void removeRun(id)} />
      )}
      {refusal ? (
        <span className="field-hint" data-testid="run-refusal">
          {refusal}
        </span>
      ) : null}
    </div>
  );
}
