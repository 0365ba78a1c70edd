// The recipe of a run: every number with its bounds and one line on what it does. Fixed while a run stands.
import { checkRecipe, EngineError, ESTIMATORS, GATE_MODES, RECIPE_BOUNDS } from "../../../engine/index.ts";
import type { Estimator, GateMode, Recipe } from "../../../engine/index.ts";
import { ChoiceField } from "../../parts/ChoiceField.tsx";
import { NumberField } from "../../parts/NumberField.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";
import { RatioModeField } from "./RatioModeField.tsx";

const ESTIMATOR_WORDS: Readonly<Record<Estimator, string>> = {
  reinmax: "ReinMax (the paper’s)",
  "straight-through": "straight-through",
  gumbel: "Gumbel-sigmoid, as released",
};

const GATE_WORDS: Readonly<Record<GateMode, string>> = {
  full: "hypernetwork (the paper’s)",
  constrained: "hypernetwork, one width",
  "no-gru": "linear heads, no GRU",
  "no-hypernetwork": "free logits",
};
const GATE_HINTS: Readonly<Record<GateMode, string>> = {
  full: "a GRU over the blocks makes all five vectors of each",
  constrained: "ablation: s1, s2, s3 and s5 of all blocks are one vector",
  "no-gru": "ablation: each vector by itself, from a fixed random input",
  "no-hypernetwork": "ablation: every gate’s logit is trained by itself",
};

type Field = Exclude<keyof typeof RECIPE_BOUNDS, "ratio" | "ratioFrom" | "ratioTo">;
const FIELDS: readonly { field: Field; label: string; hint: string; whole: boolean }[] = [
  { field: "steps", label: "Steps", hint: "one sequence each", whole: true },
  { field: "tokens", label: "Tokens a step", hint: "length of the sequence", whole: true },
  { field: "lambda", label: "Lambda", hint: "weight of the budget penalty R", whole: false },
  { field: "learningRate", label: "Learning rate", hint: "of AdamW, constant", whole: false },
  { field: "weightDecay", label: "Weight decay", hint: "of AdamW, on everything", whole: false },
  { field: "seed", label: "Seed", hint: "the same seed gives the same masks", whole: true },
  { field: "checkpointEvery", label: "Checkpoint every", hint: "steps between savings", whole: true },
];

const summaryOf = (recipe: Recipe): string =>
  `${recipe.gates === "full" ? "" : `${recipe.gates} gates, `}${recipe.estimator}, ${recipe.steps} × ${recipe.tokens} tokens, λ ${recipe.lambda}, seed ${recipe.seed}`;

/** Why a recipe cannot be run; null where it can. */
function refusalOf(recipe: Recipe): string | null {
  try {
    checkRecipe(recipe);
    return null;
  } catch (error) {
    return EngineError.from(error).message;
  }
}

export function RecipeForm() {
  const recipe = useStudio((state) => state.recipe);
  const fixed = useStudio(({ run, asked }) => run.phase === "training" || run.phase === "paused" || asked === "play");
  const { setRecipe } = useActions();
  const refused = refusalOf(recipe);
  return (
    <>
      <RatioModeField fixed={fixed} />
      {refused ? (
        <p className="field-wrong" role="alert" data-testid="recipe-refused">
          {refused}
        </p>
      ) : null}
      <details className="disclosure" data-testid="recipe">
        <summary>
          <span className="disclosure-name">Recipe</span> <span className="disclosure-gist">{summaryOf(recipe)}</span>
        </summary>
        <ChoiceField
          id="recipe-gates"
          label="Gates from"
          value={recipe.gates}
          options={GATE_MODES.map((value) => ({ value, title: GATE_WORDS[value] }))}
          disabled={fixed}
          hint={GATE_HINTS[recipe.gates]}
          onValue={(gates) => setRecipe({ gates })}
        />
        <ChoiceField
          id="recipe-estimator"
          label="Estimator"
          value={recipe.estimator}
          options={ESTIMATORS.map((value) => ({ value, title: ESTIMATOR_WORDS[value] }))}
          disabled={fixed}
          hint="how a gradient passes through a gate that is on or off"
          onValue={(estimator) => setRecipe({ estimator })}
        />
        <div className="field-grid">
          {FIELDS.map(({ field, label, hint, whole }) => (
            <NumberField
              key={field}
              label={label}
              hint={hint}
              whole={whole}
              testId={`recipe-${field}`}
              value={recipe[field]}
              min={RECIPE_BOUNDS[field].min}
              max={RECIPE_BOUNDS[field].max}
              disabled={fixed}
              onValue={(value) => setRecipe({ [field]: value })}
            />
          ))}
        </div>
        {fixed ? <p className="field-hint">Fixed while a run stands: stop or reset it to change the recipe.</p> : null}
      </details>
    </>
  );
}
