// One form of the export: what it is, what its check found, and its saving if it passed.
import type { ExportedForm, Form } from "../../../engine/index.ts";
import { bytes, percent, small, whole } from "../../../shared/format.ts";
import { Fact } from "./Fact.tsx";
import { formNames } from "./formNames.ts";
import { GgufFindings } from "./GgufFindings.tsx";
import { ExportRefused, SaveButtons } from "./SaveExport.tsx";

const FORMS: Readonly<Record<Form, { what: string; loads: string }>> = {
  masked: {
    what: "original shapes, pruned weights are zero",
    loads: "transformers, vLLM; llama.cpp after conversion",
  },
  compact: {
    what: "cut weights, with lists of the kept dimensions",
    loads: "transformers with trust_remote_code (Python file included)",
  },
  onnx: {
    what: "cut weights as a graph of standard operators",
    loads: "onnxruntime on any platform, transformers.js",
  },
  gguf: {
    what: "cut MLPs, other pruned weights are zero",
    loads: "llama.cpp and programs built on it",
  },
  "gguf-masked": {
    what: "the base model's architecture, pruned weights are zero",
    loads: "llama.cpp and programs built on it",
  },
};

interface FindingsProps {
  check: ExportedForm;
}

/** What the check found; a form that could not be opened has no differences. */
function Findings({ check }: FindingsProps) {
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
      <GgufFindings check={check} />
      <Fact name="loads in">{FORMS[form].loads}</Fact>
    </dl>
  );
}

interface Props {
  check: ExportedForm;
  /** An export is being prepared or saved. */
  busy: boolean;
}

export function ExportRow({ check, busy }: Props) {
  const { form, ok, reason } = check;
  const name = formNames[form];
  return (
    <li className="export-form" data-testid={`export-${form}`} data-ok={ok}>
      <h3>
        {name} <span className="export-what">{FORMS[form].what}</span>
      </h3>
      <Findings check={check} />
      {ok ? <SaveButtons form={form} name={name} busy={busy} /> : <ExportRefused form={form} reason={reason} />}
    </li>
  );
}
