// One form of the export: what it is, what its check found, and saving it where it passed.
import type { ReactNode } from "react";
import { download } from "../../charts/index.ts";
import { EngineError, type Delivery, type Form } from "../../engine/index.ts";
import { bytes, percent, small, whole } from "../format.ts";
import { useActions } from "../studioContext.tsx";

const FORMS: Readonly<Record<Form, { name: string; what: string; loads: string }>> = {
  masked: {
    name: "Masked",
    what: "the original shapes, what is pruned is zero",
    loads: "transformers, vLLM; llama.cpp after conversion",
  },
  compact: {
    name: "Compact",
    what: "cut weights with the list of kept dimensions",
    loads: "transformers with trust_remote_code, by the Python file beside it",
  },
  onnx: {
    name: "ONNX",
    what: "cut weights as a graph of standard operators",
    loads: "onnxruntime everywhere, transformers.js",
  },
};

function Fact({ name, children, testId }: { name: string; children: ReactNode; testId?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-testid={testId}>{children}</dd>
    </div>
  );
}

/** What was found; a form that nothing could open has no differences to show. */
function Findings({ check }: { check: Delivery }) {
  const { form, runtime, version } = check;
  return (
    <dl className="facts">
      {check.files.length > 0 ? (
        <>
          <Fact name="size" testId={`export-${form}-bytes`}>
            {bytes(check.bytes)} in {check.files.length} files
          </Fact>
          <Fact name="weights" testId={`export-${form}-dtype`}>
            {check.dtype}
          </Fact>
        </>
      ) : null}
      {Number.isFinite(check.largestDifference) ? (
        <>
          <Fact name="largest logit difference" testId={`export-${form}-difference`}>
            {small(check.largestDifference)}
          </Fact>
          <Fact name="same next token" testId={`export-${form}-argmax`}>
            {percent(check.equalArgmax)} of {whole(check.tokens)}
          </Fact>
        </>
      ) : null}
      {runtime ? (
        <Fact name="checked by" testId={`export-${form}-runtime`}>
          {runtime} {version}
        </Fact>
      ) : null}
      <Fact name="loads in">{FORMS[form].loads}</Fact>
    </dl>
  );
}

export function ExportRow({ check, busy }: { check: Delivery; busy: boolean }) {
  const { saveZip, saveFolder, notify } = useActions();
  const { name, what } = FORMS[check.form];
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
      <Findings check={check} />
      {check.ok ? (
        <p className="actions">
          <button
            type="button"
            data-testid={`save-zip-${check.form}`}
            aria-label={`Save as zip: ${name} form`}
            disabled={busy}
            onClick={() => void zip()}
          >
            Save as zip
          </button>
          {"showDirectoryPicker" in window ? (
            <button
              type="button"
              data-testid={`save-folder-${check.form}`}
              aria-label={`Save into a folder…: ${name} form`}
              disabled={busy}
              onClick={() => void folder()}
            >
              Save into a folder…
            </button>
          ) : null}
        </p>
      ) : (
        <p className="note note-error export-refused" role="alert" data-testid={`export-${check.form}-refused`}>
          Not offered: {check.reason ?? "it did not pass its check"}.
        </p>
      )}
    </li>
  );
}
