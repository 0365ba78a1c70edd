// The texts to calibrate and to measure on: four that come with the studio, or a file of one's own; and how much to measure.
import { useRef } from "react";
import { EngineError } from "../../../engine/index.ts";
import { BUNDLED_TEXTS, titleOf } from "../../../shared/texts.ts";
import { whole } from "../../../shared/format.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";

type Part = "calibration" | "evaluation";
const PARTS: readonly { part: Part; label: string; hint: string }[] = [
  { part: "calibration", label: "Calibrate on", hint: "what the hypernetwork trains on" },
  { part: "evaluation", label: "Measure on", hint: "what perplexity is measured on" },
];
const TOKEN_CHOICES = [1024, 2048, 4096, 20_480, 102_400];
const OWN = "own";

function TextSelect({ part, label, hint }: (typeof PARTS)[number]) {
  const source = useStudio((state) => state[part]);
  const busy = useStudio((state) => state.run.phase === "training" || state.asked === "play");
  const { setTexts, notify } = useActions();
  const picker = useRef<HTMLInputElement>(null);
  const take = (file: File): void => {
    file.text().then(
      (text) => setTexts({ [part]: { kind: "own", name: file.name, text } }),
      () => notify(new EngineError("format", `${file.name} could not be read as text; choose a plain .txt file.`)),
    );
  };
  return (
    <div className="field">
      <label htmlFor={`text-${part}`}>{label}</label>
      <span className="field-entry">
        <select
          id={`text-${part}`}
          data-testid={`text-${part}`}
          value={source.kind === "own" ? OWN : source.name}
          disabled={busy}
          onChange={(event) => {
            const found = BUNDLED_TEXTS.find(({ name }) => name === event.target.value);
            if (found) void setTexts({ [part]: { kind: "bundled", name: found.name } });
          }}
        >
          {BUNDLED_TEXTS.map(({ name, title, note }) => (
            <option key={name} value={name} title={note}>
              {title}
            </option>
          ))}
          {source.kind === "own" ? <option value={OWN}>{titleOf(source)}</option> : null}
        </select>
        <button type="button" className="link" disabled={busy} onClick={() => picker.current?.click()}>
          own file…
        </button>
        <input
          ref={picker}
          type="file"
          accept=".txt,.md,text/plain"
          hidden
          aria-label={`${label}: own file`}
          data-testid={`text-${part}-file`}
          onChange={(event) => {
            const file = event.target.files?.[0];
            if (file) take(file);
            event.target.value = "";
          }}
        />
      </span>
      <span className="field-hint">{hint}</span>
    </div>
  );
}

export function TextChoice() {
  const counts = useStudio((state) => state.counts);
  const tokens = useStudio((state) => state.evaluationTokens);
  const error = useStudio((state) => state.textError);
  const calibration = useStudio((state) => titleOf(state.calibration));
  const { setEvaluationTokens } = useActions();
  return (
    <>
      <details className="disclosure" data-testid="texts">
        <summary>
          <span className="disclosure-name">Texts</span> <span className="disclosure-gist">{calibration}</span>
        </summary>
        {PARTS.map((part) => (
          <TextSelect key={part.part} {...part} />
        ))}
        <div className="field">
          <label htmlFor="evaluation-tokens">Tokens to measure on</label>
          <select
            id="evaluation-tokens"
            data-testid="evaluation-tokens"
            value={tokens}
            onChange={(event) => setEvaluationTokens(Number(event.target.value))}
          >
            {TOKEN_CHOICES.map((choice) => (
              <option key={choice} value={choice}>
                {whole(choice)}
              </option>
            ))}
          </select>
          <span className="field-hint">more is surer and slower</span>
        </div>
        {counts ? (
          <p className="field-hint" data-testid="text-counts">
            {whole(counts.calibrationTokens)} tokens to calibrate on, {whole(counts.evaluationTokens)} to measure on.
          </p>
        ) : null}
      </details>
      {error ? <ErrorNote error={error} testId="text-error" /> : null}
    </>
  );
}
