// The results: what is kept, and the perplexity of the dense and the pruned model with what it was measured on.
import { METHOD_NAMES } from "../../../engine/index.ts";
import { percent, ratioText, short, whole } from "../../../shared/format.ts";
import type { StudioState } from "../../../state/storeState.ts";
import { useStudio, useThrottled } from "../../studioContext.tsx";
import { knownModel, knownPerplexity } from "../../../state/model/shownModel.ts";
import { PerplexityItem } from "./PerplexityItem.tsx";
import { ResultItem } from "./ResultItem.tsx";
import { ShownBadge } from "./ShownBadge.tsx";

/** What made the current pruning. */
function prunedBy({ weights, architecture }: Pick<StudioState, "weights" | "architecture">): string {
  if (weights) return `${METHOD_NAMES[weights.recipe.method]} ${weights.recipe.pattern}, zeros in the MLP`;
  if (!architecture) return "nothing pruned yet";
  return `masks from step ${whole(architecture.step)}, cut at ${ratioText(architecture.ratio)}`;
}

function KeptResults() {
  const architecture = useThrottled((state) => state.architecture);
  const weights = useStudio((state) => state.weights);
  const parameters = useStudio((state) => knownModel(state)?.parameters ?? null);
  const by = prunedBy({ weights, architecture });
  const { blockWeights, modelWeights } = weights?.kept ?? {};
  const removed = modelWeights ? modelWeights.of - modelWeights.kept : 0;
  const blocks = blockWeights?.kept ?? architecture?.keptWeights ?? parameters?.blocks;
  const all =
    weights && parameters ? parameters.total - removed : (architecture?.keptTotalWeights ?? parameters?.total);
  return (
    <>
      <ResultItem
        label="Block weights kept"
        testId="kept-blocks"
        value={parameters && blocks !== undefined ? percent(blocks / parameters.blocks) : "–"}
        note={parameters && blocks !== undefined ? `${whole(blocks)} of ${short(parameters.blocks)}; ${by}` : by}
      />
      <ResultItem
        label="Whole model kept"
        testId="kept-model"
        value={parameters && all !== undefined ? percent(all / parameters.total) : "–"}
        note={
          parameters && all !== undefined
            ? `${whole(all)} of ${short(parameters.total)} parameters; ${percent(1 - all / parameters.total)} removed`
            : ""
        }
      />
    </>
  );
}

/** Why there is no dense perplexity yet. */
function noDense({ model, counts, textError, run }: StudioState): string {
  if (model.phase === "open" && !counts && !textError) return "Tokenizing the texts…";
  return run.phase === "training" ? "Will be measured after this run" : "Not measured yet";
}

export function ResultsStrip() {
  const dense = useThrottled((state) => state.dense);
  const pruned = useThrottled((state) => state.pruned);
  const known = useStudio(knownPerplexity);
  const withoutDense = useStudio(noDense);
  const recovered = useStudio((state) => state.recovered?.facts ?? null);
  const anyPruned = useThrottled(({ architecture, weights }) => architecture !== null || weights !== null);
  return (
    <>
      <dl className="results" id="results-heading" data-testid="results" aria-label="Results">
        <KeptResults />
        <PerplexityItem
          label="Perplexity, dense"
          testId="perplexity-dense"
          measured={dense}
          known={known}
          empty={withoutDense}
        />
        <PerplexityItem
          label={recovered ? "Perplexity, recovered" : "Perplexity, pruned"}
          testId="perplexity-pruned"
          measured={pruned}
          before={recovered?.before ?? null}
          empty={anyPruned ? "Measured when training pauses or the slider stops" : "Nothing pruned yet"}
        />
      </dl>
      <ShownBadge />
    </>
  );
}
