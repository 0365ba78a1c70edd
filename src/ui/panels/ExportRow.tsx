// One form of the export: what it is, what its check found, and saving it where it passed.
import { download } from "../../charts/index.ts";
import { EngineError } from "../../engine/index.ts";
import type { ExportCheck, ExportForm } from "../../worker/protocol.ts";
import { bytes, percent, small, whole } from "../format.ts";
import { useActions } from "../studioContext.tsx";

const FORMS: Readonly<Record<ExportForm, { name: string; what: string; loads: string }>> = {
  masked: {
    name: "Masked",
    what: "the original shapes with pruned rows and columns zeroed",
    loads: "whatever loads the original model: transformers, vLLM, llama.cpp after conversion",
  },
  compact: {
    name: "Compact",
    what: "cut weights with the list of kept dimensions",
    loads: "transformers with trust_remote_code, by the Python file beside it",
  },
};

export function ExportRow({ check, busy }: { check: ExportCheck; busy: boolean }) {
  const { saveZip, saveFolder, notify } = useActions();
  const { name, what, loads } = FORMS[check.form];
  const zip = async (): Promise<void> => {
    const saved = await saveZip(check.form);
    if (saved) download(saved.file, saved.name);
  };
  const folder = async (): Promise<void> => {
    try {
      const chosen = await window.showDirectoryPicker?.({ mode: "readwrite" });
      if (chosen) await saveFolder(check.form, chosen);
    } catch (error) {
      // Closing the picker is an answer, not an error.
      if (!(error instanceof DOMException && error.name === "AbortError")) notify(EngineError.from(error));
    }
  };
  return (
    <li className="export-form" data-testid={`export-${check.form}`} data-ok={check.ok}>
      <h3>
        {name} <span className="export-what">{what}</span>
      </h3>
      <dl className="facts">
        <div>
          <dt>size</dt>
          <dd data-testid={`export-${check.form}-bytes`}>
            {bytes(check.bytes)} in {check.files.length} files
          </dd>
        </div>
        <div>
          <dt>largest logit difference</dt>
          <dd data-testid={`export-${check.form}-difference`}>{small(check.largestDifference)}</dd>
        </div>
        <div>
          <dt>same next token</dt>
          <dd data-testid={`export-${check.form}-argmax`}>
            {percent(check.equalArgmax)} of {whole(check.tokens)}
          </dd>
        </div>
        <div>
          <dt>loads in</dt>
          <dd>{loads}</dd>
        </div>
      </dl>
      {check.ok ? (
        <p className="actions">
          <button type="button" data-testid={`save-zip-${check.form}`} disabled={busy} onClick={() => void zip()}>
            Save as zip
          </button>
          {"showDirectoryPicker" in window ? (
            <button
              type="button"
              data-testid={`save-folder-${check.form}`}
              disabled={busy}
              onClick={() => void folder()}
            >
              Save into a folder…
            </button>
          ) : null}
        </p>
      ) : (
        <p className="note note-error" role="alert" data-testid={`export-${check.form}-refused`}>
          Not offered: {check.reason ?? "it did not pass its check"}.
        </p>
      )}
    </li>
  );
}
