// The preparation of an export, which is loaded after the first picture: its settings, the button or the progress, and what the last one was made of.
import { FileText, PackageCheck } from "lucide";
import { METHOD_NAMES } from "../../../engine/index.ts";
import { percent, whole } from "../../../shared/format.ts";
import { canReport } from "../../../state/allowed.ts";
import type { Prepared } from "../../../state/export/exportState.ts";
import { currentPruning, samePruned } from "../../../state/run/currentPruning.ts";
import type { StudioState } from "../../../state/storeState.ts";
import { TaskProgress } from "../../parts/TaskProgress.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";
import { ExportChoices } from "./ExportChoices.tsx";
import { SaveProgress } from "./SaveExport.tsx";
import { staleText } from "./staleText.ts";
import type { Stale } from "./staleText.ts";

/** Why the last export is not what would be written now; null where it is. */
function staleness(state: StudioState): Stale | null {
  const { exported, exportChoice } = state;
  const { last } = exported;
  const now = currentPruning(state);
  if (!last) return null;
  if (now && !samePruned(last.of, now)) return "masks";
  const { dtype, shardBytes, gguf } = last.choice;
  const same = dtype === exportChoice.dtype && shardBytes === exportChoice.shardBytes && gguf === exportChoice.gguf;
  return same ? null : "settings";
}

interface PreparedProps {
  last: Prepared;
}

/** What the last export was made of, and whether that has changed. */
function PreparedOf({ last }: PreparedProps) {
  const stale = useStudio(staleness);
  const { ratio, step, recipe } = last.of;
  return (
    <p className="export-of" data-testid="export-of">
      Prepared at {percent(ratio)} of the block weights,{" "}
      {recipe
        ? `single weights zeroed by ${METHOD_NAMES[recipe.method]} ${recipe.pattern}`
        : `masks from step ${whole(step)}`}
      .{stale ? <strong> {staleText(stale)}</strong> : null}
    </p>
  );
}

interface Props {
  /** There is something to export, and the GPU is free. */
  ready: boolean;
  /** A nested model is being prepared. */
  nesting: boolean;
}

export function PrepareExport({ ready, nesting }: Props) {
  const { phase, last } = useStudio((state) => state.exported);
  const { prepareExport, cancelExport, showReport } = useActions();
  const reportable = useStudio(canReport);
  const preparing = phase === "preparing";
  return (
    <>
      <ExportChoices disabled={preparing || nesting} />
      {preparing ? (
        <TaskProgress task="export" label="Writing, reopening, comparing…" cancel={cancelExport} />
      ) : (
        <p className="actions">
          <button
            type="button"
            className="primary"
            data-testid="export-prepare"
            disabled={!ready}
            onClick={() => void prepareExport()}
          >
            <Icon of={PackageCheck} />
            {last ? "Prepare again" : "Prepare export"}
          </button>
          <button type="button" data-testid="export-report" disabled={!reportable} onClick={() => showReport(null)}>
            <Icon of={FileText} />
            Report…
          </button>
        </p>
      )}
      {last ? <PreparedOf last={last} /> : null}
      <SaveProgress nested={false} />
    </>
  );
}
