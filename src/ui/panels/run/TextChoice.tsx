// The calibration and the evaluation text, and how many tokens a perplexity is measured on.
import { titleOf } from "../../../shared/texts.ts";
import { whole } from "../../../shared/format.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { Summary } from "../../parts/Summary.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";
import { oddTexts } from "../../views/oddValues.ts";
import { TextSelect } from "./TextSelect.tsx";

const TOKEN_CHOICES = [1024, 2048, 4096, 20_480, 102_400];

function EvaluationTokens() {
  const tokens = useStudio((state) => state.evaluationTokens);
  const { setEvaluationTokens } = useActions();
  // a link may have another number
  const choices = [...new Set([...TOKEN_CHOICES, tokens])].sort((a, b) => a - b);
  return (
    <div className="field">
      <label htmlFor="evaluation-tokens">Evaluation tokens</label>
      <select
        id="evaluation-tokens"
        data-testid="evaluation-tokens"
        value={tokens}
        onChange={(event) => setEvaluationTokens(Number(event.target.value))}
      >
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {whole(choice)}
          </option>
        ))}
      </select>
      <span className="field-hint">More tokens: steadier, slower</span>
    </div>
  );
}

export function TextChoice() {
  const counts = useStudio((state) => state.counts);
  const error = useStudio((state) => state.textError);
  const calibration = useStudio((state) => titleOf(state.calibration));
  const tokens = useStudio((state) => (state.method === "disp" ? state.recipe.tokens : state.weightRecipe.tokens));
  const warnings = counts ? oddTexts(counts, tokens) : [];
  return (
    <>
      <details className="disclosure" data-testid="texts">
        <Summary gist={calibration}>Texts</Summary>
        <TextSelect use="calibration" label="Calibration text" hint="Used to train or to prune" />
        <TextSelect use="evaluation" label="Evaluation text" hint="Used to measure perplexity" />
        <EvaluationTokens />
        {counts ? (
          <p className="field-hint" data-testid="text-counts">
            {whole(counts.calibrationTokens)} tokens for calibration, {whole(counts.evaluationTokens)} for evaluation.
          </p>
        ) : null}
      </details>
      {warnings.map((warning) => (
        <p key={warning} className="field-warning" role="status" data-testid="text-warning">
          {warning}
        </p>
      ))}
      {error ? <ErrorNote error={error} context="text" testId="text-error" /> : null}
    </>
  );
}
