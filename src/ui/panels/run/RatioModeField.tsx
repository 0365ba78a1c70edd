// What a run is trained for: the target's ratio, or every ratio between two bounds.
import { RATIO_MODES, RECIPE_BOUNDS } from "../../../engine/index.ts";
import type { RatioMode } from "../../../engine/index.ts";
import { ChoiceField } from "../../parts/ChoiceField.tsx";
import { NumberField } from "../../parts/NumberField.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";

const MODE_WORDS: Readonly<Record<RatioMode, string>> = { one: "this ratio", every: "every ratio" };
const HINTS: Readonly<Record<RatioMode, string>> = {
  one: "the one that the target stands at",
  every: "each step draws one between the bounds; afterwards the target moves without training",
};
const BOUNDS = [
  { field: "ratioFrom", label: "From" },
  { field: "ratioTo", label: "To" },
] as const;

export function RatioModeField({ fixed }: { fixed: boolean }) {
  const recipe = useStudio((state) => state.recipe);
  const { setRecipe } = useActions();
  const { ratioMode } = recipe;
  return (
    <div className="ratio-mode">
      <ChoiceField
        id="recipe-ratioMode"
        label="Train for"
        value={ratioMode}
        options={RATIO_MODES.map((value) => ({ value, title: MODE_WORDS[value] }))}
        disabled={fixed}
        hint={HINTS[ratioMode]}
        onValue={(chosen) => setRecipe({ ratioMode: chosen })}
      />
      {ratioMode === "every" ? (
        <div className="field-grid">
          {BOUNDS.map(({ field, label }) => (
            <NumberField
              key={field}
              label={label}
              unit="%"
              testId={`recipe-${field}`}
              value={100 * recipe[field]}
              text={String(Number((100 * recipe[field]).toFixed(2)))}
              min={100 * RECIPE_BOUNDS[field].min}
              max={100 * RECIPE_BOUNDS[field].max}
              disabled={fixed}
              onValue={(value) => setRecipe({ [field]: value / 100 })}
            />
          ))}
        </div>
      ) : null}
    </div>
  );
}
