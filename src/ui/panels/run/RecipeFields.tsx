// The settings of a recipe, each with a hint on what it does. Locked during a run.
import { ESTIMATORS, GATE_MODES, RECIPE_BOUNDS, WIDTH_MULTIPLES } from "../../../engine/index.ts";
import type { Estimator, GateMode } from "../../../engine/index.ts";
import { shownModel } from "../../../state/model/shownModel.ts";
import { ChoiceField } from "../../parts/ChoiceField.tsx";
import { NumberField } from "../../parts/NumberField.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";
import { oddRecipe } from "../../views/oddValues.ts";

const ESTIMATOR_TITLES: Readonly<Record<Estimator, string>> = {
  reinmax: "ReinMax (paper)",
  "straight-through": "Straight-through",
  gumbel: "Gumbel-sigmoid (paper’s code)",
};

const GATE_TITLES: Readonly<Record<GateMode, string>> = {
  full: "Hypernetwork (paper)",
  mlp: "Hypernetwork, MLP widths only",
  constrained: "Hypernetwork, shared masks",
  "no-gru": "Linear heads, no GRU",
  "no-hypernetwork": "Free logits, no hypernetwork",
  "mlp-no-gru": "MLP widths only, linear heads",
  "mlp-no-hypernetwork": "MLP widths only, free logits",
};
const GATE_HINTS: Readonly<Record<GateMode, string>> = {
  full: "A GRU over the blocks outputs all five masks of each block",
  mlp: "Only the middle of each MLP (s4) is pruned, so all of the cut is in the file of any runtime, such as llama.cpp",
  constrained: "Ablation: all blocks share one mask for s1, s2, s3 and s5",
  "no-gru": "Ablation: each mask on its own, from a fixed random input",
  "no-hypernetwork": "Ablation: the logit of each gate is trained directly",
  "mlp-no-gru": "Only s4; each mask on its own, from a fixed random input",
  "mlp-no-hypernetwork": "Only s4; the logit of each gate is trained directly",
};

type Field = Exclude<keyof typeof RECIPE_BOUNDS, "ratio" | "ratioFrom" | "ratioTo">;
const FIELDS: readonly { field: Field; label: string; hint: string; whole: boolean }[] = [
  { field: "steps", label: "Steps", hint: "One sequence per step", whole: true },
  { field: "tokens", label: "Tokens per step", hint: "Length of the sequence", whole: true },
  { field: "lambda", label: "Lambda", hint: "How strongly R pulls towards the target", whole: false },
  { field: "learningRate", label: "Learning rate", hint: "AdamW, constant", whole: false },
  { field: "weightDecay", label: "Weight decay", hint: "AdamW, all parameters", whole: false },
  {
    field: "seed",
    label: "Seed",
    hint: "Same seed, recipe, text and target throughout: same masks on this GPU",
    whole: true,
  },
  { field: "checkpointEvery", label: "Checkpoint every", hint: "Steps between checkpoints", whole: true },
];

/** How gates are made, rounded and trained. */
function GateFields({ locked }: { locked: boolean }) {
  const recipe = useStudio((state) => state.recipe);
  const { setRecipe } = useActions();
  return (
    <>
      <ChoiceField
        id="recipe-gates"
        label="Gates made by"
        value={recipe.gates}
        options={GATE_MODES.map((value) => ({ value, title: GATE_TITLES[value] }))}
        disabled={locked}
        hint={GATE_HINTS[recipe.gates]}
        onValue={(gates) => setRecipe({ gates })}
      />
      <ChoiceField
        id="recipe-widthMultiple"
        label="MLP widths"
        value={String(recipe.widthMultiple)}
        options={WIDTH_MULTIPLES.map((value) => ({
          value: String(value),
          title: value === 1 ? "Any width" : `Multiples of ${value}`,
        }))}
        disabled={locked}
        hint={
          recipe.widthMultiple === 1
            ? "The kept width of each MLP (s4) is whatever the budget gives"
            : `Each MLP keeps a multiple of ${recipe.widthMultiple} dimensions, within the budget`
        }
        onValue={(value) => {
          const widthMultiple = WIDTH_MULTIPLES.find((one) => String(one) === value);
          if (widthMultiple !== undefined) setRecipe({ widthMultiple });
        }}
      />
      <ChoiceField
        id="recipe-estimator"
        label="Estimator"
        value={recipe.estimator}
        options={ESTIMATORS.map((value) => ({ value, title: ESTIMATOR_TITLES[value] }))}
        disabled={locked}
        hint="How gradients get through on/off gates"
        onValue={(estimator) => setRecipe({ estimator })}
      />
    </>
  );
}

export function RecipeFields({ locked }: { locked: boolean }) {
  const recipe = useStudio((state) => state.recipe);
  const { setRecipe } = useActions();
  const context = useStudio((state) => shownModel(state)?.context ?? null);
  const odd = oddRecipe(recipe, context);
  return (
    <>
      <GateFields locked={locked} />
      <div className="field-grid">
        {FIELDS.map(({ field, label, hint, whole }) => (
          <NumberField
            key={field}
            label={label}
            hint={hint}
            warning={odd[field]}
            whole={whole}
            testId={`recipe-${field}`}
            value={recipe[field]}
            min={RECIPE_BOUNDS[field].min}
            max={RECIPE_BOUNDS[field].max}
            disabled={locked}
            onValue={(value) => setRecipe({ [field]: value })}
          />
        ))}
      </div>
      {locked ? <p className="field-hint">Locked during a run. Stop or reset to edit.</p> : null}
    </>
  );
}
