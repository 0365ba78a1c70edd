// What a GGUF file stores, and what llama.cpp computed with it.
import type { ExportedForm, LlamaCheck } from "../../../engine/index.ts";
import { percent, small, whole } from "../../../shared/format.ts";
import { Fact } from "./Fact.tsx";
import { storedText } from "./storedText.ts";

function llamaText(llama: LlamaCheck): string {
  if ("notRun" in llama) return `not checked there: ${llama.notRun}`;
  const { maxAbsLogProbabilityDifference: difference, argmaxAgreement, tokens, textTokens, version } = llama;
  const text = textTokens === undefined ? "" : `; ${whole(textTokens)} tokens of the text are equal`;
  return `same next token ${percent(argmaxAgreement)} of ${tokens}, log-probabilities within ${small(difference)}${text} (${version})`;
}

interface Props {
  check: ExportedForm;
}

export function GgufFindings({ check: { form, gguf, llama, perplexity, ok } }: Props) {
  if (!gguf) return null;
  const { architecture, notes } = gguf;
  return (
    <>
      <Fact name="block weights in the file" testId={`export-${form}-stored`}>
        {storedText(gguf)}
      </Fact>
      {perplexity === undefined ? null : (
        <Fact name="perplexity as quantised" testId={`export-${form}-perplexity`}>
          {perplexity.toFixed(2)}
        </Fact>
      )}
      <Fact name="architecture">{architecture}</Fact>
      {llama ? (
        <Fact name="in llama.cpp" testId={`export-${form}-llama`}>
          {llamaText(llama)}
        </Fact>
      ) : null}
      {notes.map((note) => (
        <Fact key={note} name="note">
          {note}
        </Fact>
      ))}
      {ok ? (
        <Fact name="load with llama.cpp">
          <code>llama-cli -m model.gguf</code>
        </Fact>
      ) : null}
    </>
  );
}
