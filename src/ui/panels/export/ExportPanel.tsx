// Export: preparing the formats (write, reopen, compare), what the check of each found, saving, and speed.
import { canPrepareExport, canPrepareNested, canSave } from "../../../state/allowed.ts";
import { isPruned } from "../../../state/run/currentPruning.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { useStudio } from "../../studioContext.tsx";
import { ExportRow } from "./ExportRow.tsx";
import { FormSizes } from "./FormSizes.tsx";
import { NestedPanel } from "./nested/NestedPanel.tsx";
import { PrepareExport } from "./PrepareExport.tsx";
import { SpeedPanel } from "./SpeedPanel.tsx";

/** What will be here once there is a pruned model and an export of it. */
function emptyText(trained: boolean, singleWeights: boolean): string {
  if (!trained) return "Nothing is pruned yet. Train, or prune single weights, first.";
  if (singleWeights)
    return "Masked safetensors, dense with zeros, and GGUF if it is chosen will appear here with their check results. Single weights have no other format.";
  return "Masked and compact safetensors, ONNX, and GGUF if it is chosen will appear here with their check results.";
}

export function ExportPanel() {
  const exported = useStudio((state) => state.exported);
  const nesting = useStudio((state) => state.nested.phase === "preparing");
  const saveError = useStudio((state) => state.saveError);
  const trained = useStudio(isPruned);
  const singleWeights = useStudio((state) => state.weights !== null);
  const ready = useStudio(canPrepareExport);
  const nestedReady = useStudio(canPrepareNested);
  const busy = !useStudio(canSave);
  const { last } = exported;
  return (
    <section className="panel export" aria-labelledby="export-heading">
      <PrepareExport ready={ready} nesting={nesting} />
      <div className="export-side">
        {last ? (
          <ul className="export-forms">
            {last.checks.map((check) => (
              <ExportRow key={check.form} check={check} busy={busy} />
            ))}
          </ul>
        ) : (
          <p className="export-empty">{emptyText(trained, singleWeights)}</p>
        )}
        {trained ? <FormSizes /> : null}
        <NestedPanel ready={nestedReady} busy={busy} />
        {last ? <SpeedPanel /> : null}
      </div>
      {exported.phase === "failed" ? <ErrorNote error={exported.error} context="export" testId="export-error" /> : null}
      {saveError ? <ErrorNote error={saveError} context="export" testId="save-error" /> : null}
    </section>
  );
}
