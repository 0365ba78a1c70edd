// The recipe of a run: its ratios, why it cannot be used, and its settings, which are folded away.
import { Suspense, useState } from "react";
import { checkReachable, checkRecipe, EngineError, type Recipe } from "../../../engine/index.ts";
import { sentence } from "../../../shared/format.ts";
import type { StudioState } from "../../../state/storeState.ts";
import { canEditRecipe } from "../../../state/allowed.ts";
import { later } from "../../parts/later.ts";
import { Summary } from "../../parts/Summary.tsx";
import { useStudio } from "../../studioContext.tsx";
import { RatioModeField } from "./RatioModeField.tsx";

const RecipeFields = later(async () => (await import("./RecipeFields.tsx")).RecipeFields);

/** The recipe in one line, for the closed form. */
const summaryOf = (recipe: Recipe): string =>
  `${recipe.gates === "full" ? "" : `${recipe.gates} gates, `}${recipe.widthMultiple === 1 ? "" : `widths × ${recipe.widthMultiple}, `}${recipe.estimator}, ${recipe.steps} × ${recipe.tokens} tokens, λ ${recipe.lambda}, seed ${recipe.seed}`;

/** Why a recipe cannot be used on the open model; null for a valid one. */
function refusalOf({ recipe, model }: StudioState): string | null {
  try {
    checkRecipe(recipe);
    if (model.phase === "open") checkReachable(model.facts, recipe);
    return null;
  } catch (error) {
    return EngineError.from(error).message;
  }
}

export function RecipeForm() {
  const recipe = useStudio((state) => state.recipe);
  const locked = !useStudio(canEditRecipe);
  const refused = useStudio(refusalOf);
  // its fields are loaded when it is unfolded for the first time
  const [seen, setSeen] = useState(false);
  return (
    <>
      <RatioModeField locked={locked} />
      {refused ? (
        <p className="field-wrong" role="alert" data-testid="recipe-refused">
          {sentence(refused)}
        </p>
      ) : null}
      <details className="disclosure" data-testid="recipe" onToggle={() => setSeen(true)}>
        <Summary gist={summaryOf(recipe)}>Recipe</Summary>
        <Suspense>{seen ? <RecipeFields locked={locked} /> : null}</Suspense>
      </details>
    </>
  );
}
