// The ledger: what the architecture keeps, and the perplexity of the dense and the pruned model, each with what it was measured on.
import { METHOD_NAMES } from "../../../engine/index.ts";
import { lastOf, sameReading } from "../../../state/text/textSlice.ts";
import type { Measured } from "../../../state/storeState.ts";
import { titleOf } from "../../../shared/texts.ts";
import { gateFacts } from "../../views/chartSources.ts";
import { percent, perplexityText, short, whole } from "../../../shared/format.ts";
import { useCalm, useStudio } from "../../studioContext.tsx";

function Entry({ label, testId, value, note }: { label: string; testId: string; value: string; note: string }) {
  return (
    <div className="ledger-entry">
      <dt>{label}</dt>
      <dd>
        <span className="ledger-value" data-testid={testId}>
          {value}
        </span>
        <span className="ledger-note" data-testid={`${testId}-note`}>
          {note}
        </span>
      </dd>
    </div>
  );
}

function useMeasuring(measured: Measured): string {
  const progress = useCalm((state) => state.progress.perplexity);
  if (measured.phase !== "measuring") return "";
  return progress && progress.total > 0 ? `measuring, ${percent(progress.done / progress.total, 0)}` : "measuring…";
}

function PerplexityEntry({
  label,
  testId,
  measured,
  empty,
}: {
  label: string;
  testId: string;
  measured: Measured;
  empty: string;
}) {
  const measuring = useMeasuring(measured);
  const dense = useCalm((state) => lastOf(state.dense));
  const last = lastOf(measured);
  if (!last)
    return (
      <Entry
        label={label}
        testId={testId}
        value="–"
        note={measuring || (measured.phase === "failed" ? measured.error.message : empty)}
      />
    );
  const { text, context, tokens, value } = last.result;
  const { recipe, ratio, step } = last.of;
  const place = recipe ? `${METHOD_NAMES[recipe.method]} ${recipe.pattern}` : `at ${percent(ratio)}, step ${step}`;
  const of = ratio < 1 ? `${place}; ` : "";
  const times =
    ratio < 1 && dense && sameReading(dense.result, last.result) ? ` ×${(value / dense.result.value).toFixed(2)}` : "";
  const on = `${of}${titleOf({ name: text })}, context ${whole(context)}, ${whole(tokens)} tokens`;
  const note = [measuring, measured.phase === "failed" ? measured.error.message : "", on].filter(Boolean).join("; ");
  return <Entry label={label} testId={testId} value={`${perplexityText(value)}${times}`} note={note} />;
}

export function ResultsStrip() {
  const architecture = useCalm((state) => state.architecture);
  const weights = useStudio((state) => state.weights);
  const parameters = useStudio((state) => gateFacts(state)?.parameters ?? null);
  const dense = useCalm((state) => state.dense);
  const pruned = useCalm((state) => state.pruned);
  const reading = useStudio(({ model, counts, textError }) => model.phase === "open" && !counts && !textError);
  const at = weights
    ? `${METHOD_NAMES[weights.recipe.method]} ${weights.recipe.pattern}, zeros in the MLP`
    : architecture
      ? `masks of step ${architecture.step} at ${percent(architecture.ratio)}`
      : "nothing is pruned yet";
  const { blockWeights, modelWeights } = weights?.kept ?? {};
  const removed = modelWeights ? modelWeights.of - modelWeights.kept : 0;
  const blocks = blockWeights?.kept ?? architecture?.keptBlockWeights ?? parameters?.blocks;
  const all = weights && parameters ? parameters.total - removed : (architecture?.keptParameters ?? parameters?.total);
  return (
    <dl className="ledger" data-testid="results" aria-label="Results">
      <Entry
        label="Kept block weights"
        testId="kept-blocks"
        value={parameters && blocks !== undefined ? percent(blocks / parameters.blocks) : "–"}
        note={parameters && blocks !== undefined ? `${whole(blocks)} of ${short(parameters.blocks)}; ${at}` : at}
      />
      <Entry
        label="Kept of the whole model"
        testId="kept-model"
        value={parameters && all !== undefined ? percent(all / parameters.total) : "–"}
        note={
          parameters && all !== undefined
            ? `${whole(all)} of ${short(parameters.total)} parameters; ${percent(1 - all / parameters.total)} removed`
            : ""
        }
      />
      <PerplexityEntry
        label="Perplexity, dense"
        testId="perplexity-dense"
        measured={dense}
        empty={reading ? "reading the texts…" : "not measured yet"}
      />
      <PerplexityEntry
        label="Perplexity, pruned"
        testId="perplexity-pruned"
        measured={pruned}
        empty={architecture || weights ? "measured when the run or the slider rests" : "nothing is pruned yet"}
      />
    </dl>
  );
}
