// Export: preparing the formats (write, reopen, compare), what the check of each found, saving, and speed.
import { Suspense } from "react";
import { canPrepareExport } from "../../../state/allowed.ts";
import { isPruned } from "../../../state/run/currentPruning.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { later } from "../../parts/later.ts";
import { useOnceOpened } from "../../parts/useOnceOpened.ts";
import { useStudio } from "../../studioContext.tsx";

const PrepareExport = later(async () => (await import("./PrepareExport.tsx")).PrepareExport);
const ExportResults = later(async () => (await import("./ExportResults.tsx")).ExportResults);

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
  const nested = useStudio((state) => state.nested.phase === "preparing" || Boolean(state.nested.last));
  const saveError = useStudio((state) => state.saveError);
  const trained = useStudio(isPruned);
  const singleWeights = useStudio((state) => state.weights !== null);
  const ready = useStudio(canPrepareExport);
  const opened = useOnceOpened();
  return (
    <section className="panel export" aria-labelledby="export-heading">
      <div>
        <h2 id="export-heading">Export</h2>
        <p className="panel-intro">
          Every format is written, reopened and checked against the logits before you can save it: masked and compact by
          this studio’s loader, ONNX by onnxruntime, GGUF by llama.cpp.
        </p>
        <Suspense>{opened ? <PrepareExport ready={ready} nesting={nesting} /> : null}</Suspense>
      </div>
      <div className="export-side">
        {exported.last ? null : <p className="export-empty">{emptyText(trained, singleWeights)}</p>}
        <Suspense>{trained || exported.last || nested ? <ExportResults trained={trained} /> : null}</Suspense>
      </div>
      {exported.phase === "failed" ? <ErrorNote error={exported.error} context="export" testId="export-error" /> : null}
      {saveError ? <ErrorNote error={saveError} context="export" testId="save-error" /> : null}
    </section>
  );
}
