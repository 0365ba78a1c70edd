// Export: preparing the formats (write, reopen, compare), what the check of each found, saving, and speed.
import { Suspense } from "react";
import { canPrepareExport, canPrepareNested, canSave } from "../../../state/allowed.ts";
import { isPruned } from "../../../state/run/currentPruning.ts";
import { later } from "../../parts/later.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { useStudio } from "../../studioContext.tsx";
import { PrepareExport } from "./PrepareExport.tsx";

// shown once something is pruned
const ExportRow = later(async () => (await import("./ExportRow.tsx")).ExportRow);
const FormSizes = later(async () => (await import("./FormSizes.tsx")).FormSizes);
const NestedPanel = later(async () => (await import("./nested/NestedPanel.tsx")).NestedPanel);
const SpeedPanel = later(async () => (await import("./SpeedPanel.tsx")).SpeedPanel);

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
  const nested = useStudio((state) => state.nested.last !== null || state.nested.phase === "preparing");
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
        <Suspense>
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
          {trained || nested ? <NestedPanel ready={nestedReady} busy={busy} /> : null}
          {last ? <SpeedPanel /> : null}
        </Suspense>
      </div>
      {exported.phase === "failed" ? <ErrorNote error={exported.error} context="export" testId="export-error" /> : null}
      {saveError ? <ErrorNote error={saveError} context="export" testId="save-error" /> : null}
    </section>
  );
}
