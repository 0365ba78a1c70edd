// The target: one slider over a picture of the whole model, read in block weights and in the whole model.
import { useState } from "react";
import { ToggleGroup } from "radix-ui";
import { modelRatioOf, targetOfModel } from "../../../state/run/ratio.ts";
import type { RatioUnit } from "../../../state/run/ratio.ts";
import type { StudioState } from "../../../state/storeState.ts";
import { RECIPE_BOUNDS } from "../../../engine/index.ts";
import { shownModel } from "../../views/chartSources.ts";
import { percent } from "../../../shared/format.ts";
import { NumberField } from "../../parts/NumberField.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";
import { TargetScale } from "./TargetScale.tsx";

const UNITS: readonly { value: RatioUnit; label: string }[] = [
  { value: "blocks", label: "of the block weights" },
  { value: "model", label: "of the whole model" },
];

/** Of a run for every ratio: the bounds that it was trained for, and what is shown beyond them. */
function trainedWords({ architecture, recipe }: StudioState): string {
  const bounds = architecture?.trainedFor;
  if (!bounds) return "";
  const { from, to } = bounds;
  const words = `trained for ${Number((100 * from).toFixed(1))} to ${percent(to).replace(".0", "")}`;
  if (recipe.ratio >= from && recipe.ratio <= to) return words;
  return `${words}; beyond, the gates of ${percent(recipe.ratio < from ? from : to).replace(".0", "")} are cut to the target`;
}

export function TargetPanel() {
  const ratio = useStudio((state) => state.recipe.ratio);
  const unit = useStudio((state) => state.ratioUnit);
  const parameters = useStudio((state) => shownModel(state)?.parameters ?? null);
  const trained = useStudio(trainedWords);
  const { setRatio, setRatioUnit } = useActions();
  const [refused, setRefused] = useState<{ reason: string; ratio: number } | null>(null);

  const setBlockRatio = (share: number): void => {
    setRefused(null);
    setRatio(share);
  };
  const setModelRatio = (share: number): void => {
    if (!parameters) return;
    const target = targetOfModel(share, parameters);
    setRefused(target.reachable ? null : { reason: target.reason, ratio: target.ratio });
    setRatio(target.ratio);
  };
  const model = parameters ? modelRatioOf(ratio, parameters) : null;
  // A refusal is about the place the slider stands at: it goes when the slider is moved elsewhere.
  const reason = refused && Math.abs(refused.ratio - ratio) < 1e-9 ? refused.reason : null;

  return (
    <section className="ratio" aria-label="Target">
      <div className="ratio-words">
        <h2>Target</h2>
        <NumberField
          className="field-inline"
          label="keeps"
          unit="% of the block weights"
          testId="keep-blocks"
          value={100 * ratio}
          text={(100 * ratio).toFixed(1)}
          min={100 * RECIPE_BOUNDS.ratio.min}
          max={100 * RECIPE_BOUNDS.ratio.max}
          onValue={(value) => setBlockRatio(value / 100)}
        />
        <NumberField
          className="field-inline"
          label="of the whole model:"
          unit="%"
          testId="keep-model"
          value={model === null ? 0 : 100 * model}
          text={model === null ? "" : (100 * model).toFixed(1)}
          min={0}
          max={100}
          disabled={model === null}
          onValue={(value) => setModelRatio(value / 100)}
        />
        <span className="ratio-removes" data-testid="removes-model">
          {model === null ? "" : `, i.e. removes ${percent(1 - model)}`}
        </span>
        <span className="field-hint" data-testid="ratio-trained">
          {trained}
        </span>
        <span className="ratio-unit">
          <span id="ratio-unit-label">slider steps: 1 %</span>
          <ToggleGroup.Root
            className="toggle"
            type="single"
            value={unit}
            aria-labelledby="ratio-unit-label"
            onValueChange={(value) => {
              const chosen = UNITS.find((one) => one.value === value);
              if (chosen) setRatioUnit(chosen.value);
            }}
          >
            {UNITS.map(({ value, label }) => (
              <ToggleGroup.Item key={value} value={value} data-testid={`ratio-unit-${value}`}>
                {label}
              </ToggleGroup.Item>
            ))}
          </ToggleGroup.Root>
        </span>
      </div>
      <TargetScale ratio={ratio} unit={unit} parameters={parameters} onBlocks={setBlockRatio} onModel={setModelRatio} />
      <p className="ratio-refused" role="status" data-testid="ratio-unreachable">
        {reason}
      </p>
    </section>
  );
}
