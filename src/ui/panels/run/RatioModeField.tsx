// What a run is trained for: the target's ratio, or every ratio between two bounds.
import { RATIO_MODES, RECIPE_BOUNDS } from "../../../engine/index.ts";
import type { RatioMode } from "../../../engine/index.ts";
import { ratioNumber } from "../../../shared/format.ts";
import { ChoiceField } from "../../parts/ChoiceField.tsx";
import { NumberField } from "../../parts/NumberField.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";

const MODE_TITLES: Readonly<Record<RatioMode, string>> = { one: "This ratio", every: "Every ratio" };
const HINTS: Readonly<Record<RatioMode, string>> = {
  one: "The target above",
  every: "Each step trains a random ratio in this range; afterwards you can move the target without retraining",
};
const BOUNDS = [
  { field: "ratioFrom", label: "From" },
  { field: "ratioTo", label: "To" },
] as const;

interface Props {
  /** The recipe is locked. */
  locked: boolean;
}

export function RatioModeField({ locked }: Props) {
  const recipe = useStudio((state) => state.recipe);
  const { setRecipe } = useActions();
  const { ratioMode } = recipe;
  return (
    <div className="ratio-mode">
      <ChoiceField
        id="recipe-ratioMode"
        label="Train for"
        value={ratioMode}
        options={RATIO_MODES.map((value) => ({ value, title: MODE_TITLES[value] }))}
        disabled={locked}
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
              percent
              testId={`recipe-${field}`}
              value={100 * recipe[field]}
              text={ratioNumber(recipe[field])}
              min={100 * RECIPE_BOUNDS[field].min}
              max={100 * RECIPE_BOUNDS[field].max}
              disabled={locked}
              onValue={(value) => setRecipe({ [field]: value / 100 })}
            />
          ))}
        </div>
      ) : null}
    </div>
  );
}
