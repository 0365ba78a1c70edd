// One form of the export: what it is, what its check found, and saving it where it passed.
import type { ReactNode } from "react";
import type { ExportedForm, Form } from "../../../engine/index.ts";
import { bytes, percent, small, whole } from "../../../shared/format.ts";
import { ExportRefused, SaveButtons } from "./SaveExport.tsx";

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
function Findings({ check }: { check: ExportedForm }) {
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

export function ExportRow({ check, busy }: { check: ExportedForm; busy: boolean }) {
  const { form, ok, reason } = check;
  const { name, what } = FORMS[form];
  return (
    <li className="export-form" data-testid={`export-${form}`} data-ok={ok}>
      <h3>
        {name} <span className="export-what">{what}</span>
      </h3>
      <Findings check={check} />
      {ok ? <SaveButtons form={form} name={name} busy={busy} /> : <ExportRefused form={form} reason={reason} />}
    </li>
  );
}
