// Export: prepare (write, read back, compare), then what the check found, and saving of the forms that passed it.
import { METHOD_NAMES } from "../../../engine/index.ts";
import { isPruned, prunedNow, samePruned } from "../../../state/run/prunedNow.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { percent } from "../../../shared/format.ts";
import { useActions, useStudio } from "../../studioContext.tsx";
import { TaskProgress } from "../../parts/TaskProgress.tsx";
import { ExportChoices } from "./ExportChoices.tsx";
import { NestedPanel } from "./NestedPanel.tsx";
import { ExportRow } from "./ExportRow.tsx";
import { SaveProgress } from "./SaveExport.tsx";
import { SpeedPanel } from "./SpeedPanel.tsx";

export function ExportPanel() {
  const exported = useStudio((state) => state.exported);
  const saving = useStudio((state) => state.saving);
  const nesting = useStudio((state) => state.nested.phase === "preparing");
  const saveError = useStudio((state) => state.saveError);
  const ready = useStudio((state) => {
    const { device, model, run, asked } = state;
    const idle = run.phase !== "training" && asked === null;
    return isPruned(state) && device.phase === "ready" && model.phase === "open" && idle;
  });
  const trained = useStudio(isPruned);
  const single = useStudio((state) => state.weights !== null);
  const moved = useStudio((state) => {
    const { last } = state.exported;
    const now = prunedNow(state);
    return last !== null && now !== null && !samePruned(last.of, now);
  });
  const chosenAnew = useStudio(({ exported: { last }, exportChoice: { dtype, shardBytes } }) => {
    return last !== null && (last.choice.dtype !== dtype || last.choice.shardBytes !== shardBytes);
  });
  const { prepareExport, cancelExport } = useActions();
  const { last } = exported;
  const busy = exported.phase === "preparing" || nesting || saving.phase === "saving";
  return (
    <section className="panel export" aria-labelledby="export-heading">
      <div>
        <h2 id="export-heading">Export</h2>
        <p className="panel-intro">
          Each form is written, opened again and its logits compared, before it is offered: masked and compact by this
          studio’s loader, ONNX by onnxruntime.
        </p>
        <ExportChoices disabled={exported.phase === "preparing" || nesting} />
        {exported.phase === "preparing" ? (
          <TaskProgress task="export" label="Writing, reading back, comparing…" cancel={cancelExport} />
        ) : (
          <p className="actions">
            <button
              type="button"
              className="primary"
              data-testid="export-prepare"
              disabled={!ready || nesting}
              onClick={() => void prepareExport()}
            >
              {last ? "Prepare again" : "Prepare the export"}
            </button>
          </p>
        )}
        {last ? (
          <p className="export-of" data-testid="export-of">
            Prepared at {percent(last.of.ratio)} of the block weights,{" "}
            {last.of.recipe
              ? `single weights by ${METHOD_NAMES[last.of.recipe.method]} ${last.of.recipe.pattern}: dense, with zeros`
              : `masks of step ${last.of.step}`}
            .{moved ? <strong> What is pruned has changed since: prepare again to export what is shown.</strong> : null}
            {chosenAnew && !moved ? <strong> Prepare again to write the weights as chosen now.</strong> : null}
          </p>
        ) : null}
        <SaveProgress nested={false} />
      </div>
      <div className="export-side">
        {last ? (
          <ul className="export-forms">
            {last.checks.map((check) => (
              <ExportRow key={check.form} check={check} busy={busy} />
            ))}
          </ul>
        ) : (
          <p className="export-empty">
            {!trained
              ? "Nothing is pruned yet: train, or prune single weights, first."
              : single
                ? "Masked safetensors, dense with zeros, with config, tokenizer and receipt, will stand here with what their check found; single weights have no other form."
                : "Masked and compact safetensors and ONNX, with config, tokenizer and receipt, will stand here with what their check found."}
          </p>
        )}
        <NestedPanel ready={ready} busy={busy} />
        {last ? <SpeedPanel busy={busy} /> : null}
      </div>
      {exported.phase === "failed" ? <ErrorNote error={exported.error} testId="export-error" /> : null}
      {saveError ? <ErrorNote error={saveError} testId="save-error" /> : null}
    </section>
  );
}
