// The dialog that saves a report: of a saved run, or of the current pruning.
import { useState } from "react";
import { Download } from "lucide";
import { EngineError } from "../../engine/index.ts";
import { sentence } from "../../shared/format.ts";
import { shownWords } from "../../state/run/shown.ts";
import { knownRun } from "../../state/runs/runLibrary.ts";
import type { StudioState } from "../../state/storeState.ts";
import { PageDialog } from "../parts/PageDialog.tsx";
import { Icon } from "../parts/Icon.tsx";
import { useStudio, useStudioStore } from "../studioContext.tsx";
import { REPORT_FORMATS, type ReportFormat, saveReport } from "./saveReport.ts";

/** What the report is about. */
const subject = (state: StudioState): string =>
  (state.reportOf === null ? undefined : knownRun(state, state.reportOf))?.name ?? shownWords(state);

export function ReportDialog() {
  return (
    <PageDialog
      name="report"
      title="Report"
      about="One file with results, text, recipe, layers, checks of exports and hashes. It opens without the studio and contains no script."
    >
      <Choices />
    </PageDialog>
  );
}

type Saving =
  { phase: "none" } | { phase: "saving" } | { phase: "saved"; name: string } | { phase: "failed"; why: string };

/** Rendered while the dialog is open, so that it begins anew each time. */
function Choices() {
  const { store } = useStudioStore();
  const name = useStudio(subject);
  const [saving, setSaving] = useState<Saving>({ phase: "none" });
  const save = async (format: ReportFormat): Promise<void> => {
    setSaving({ phase: "saving" });
    try {
      const state = store.getState();
      setSaving({ phase: "saved", name: await saveReport(state.reportOf, format, state) });
    } catch (error) {
      setSaving({ phase: "failed", why: EngineError.from(error).message });
    }
  };
  const formats = Object.keys(REPORT_FORMATS) as ReportFormat[];
  return (
    <>
      <p>
        Of: <strong data-testid="report-of">{name}</strong>
      </p>
      <p className="field-hint">
        HTML has the charts. Markdown has the numbers only. Text and checks of exports are in it where this session made
        them of exactly this pruning.
      </p>
      <p className="actions">
        {formats.map((format) => (
          <button
            key={format}
            type="button"
            className={format === "html" ? "primary" : undefined}
            data-testid={`report-${format}`}
            disabled={saving.phase === "saving"}
            onClick={() => void save(format)}
          >
            <Icon of={Download} />
            Save as {REPORT_FORMATS[format].title}
          </button>
        ))}
      </p>
      <p role="status" data-testid="report-status">
        {saving.phase === "saving"
          ? "Drawing the charts…"
          : saving.phase === "saved"
            ? `Saved to Downloads: ${saving.name}`
            : ""}
      </p>
      {saving.phase === "failed" ? (
        <p className="note note-error" role="alert">
          {sentence(saving.why)}
        </p>
      ) : null}
    </>
  );
}
