// The target: the ratio to keep, as share of the block weights and of the whole model, and the slider for both.
import { useState } from "react";
import { ToggleGroup } from "radix-ui";
import { METHOD_NAMES } from "../../../engine/index.ts";
import { clampRatio, lowestOf, modelRatioOf, targetOfModel } from "../../../state/run/ratio.ts";
import type { RatioUnit } from "../../../state/run/ratio.ts";
import type { StudioState } from "../../../state/storeState.ts";
import { percent, ratioNumber, ratioText } from "../../../shared/format.ts";
import { useActions, useStudio } from "../../studioContext.tsx";
import { knownModel } from "../../../state/model/shownModel.ts";
import { TargetFields } from "./TargetFields.tsx";
import { TargetScale } from "./TargetScale.tsx";

const UNITS: readonly { value: RatioUnit; label: string }[] = [
  { value: "blocks", label: "block weights" },
  { value: "model", label: "whole model" },
];

/** Why the target cannot be moved, or why what is shown does not follow it; empty where it does. */
function noTarget({ method, weightRecipe, weights, restored }: StudioState): string {
  if (method !== "disp")
    return `${METHOD_NAMES[method]} has no target: its pattern, ${weightRecipe.pattern}, decides what is removed.`;
  if (weights) return "For the next run. The single weights shown stay as they are.";
  return restored ? "For the next run. The restored masks stay: their gates are not saved." : "";
}

/** For a run for every ratio: the bounds that it was trained for, and what is shown outside them. */
function trainedFor({ architecture, recipe }: StudioState): string {
  const bounds = architecture?.trainedFor;
  if (!bounds) return "";
  const { from, to } = bounds;
  const words = `Trained for ${ratioNumber(from)}–${ratioText(to)}.`;
  if (recipe.ratio < from) return `${words} Below that, the ${ratioText(from)} gates are thresholded further.`;
  if (recipe.ratio > to) return `${words} Above that, the ${ratioText(to)} gates are thresholded less.`;
  return words;
}

/** Chooses what one step of the slider is a percent of. */
function UnitToggle() {
  const unit = useStudio((state) => state.ratioUnit);
  const { setRatioUnit } = useActions();
  return (
    <span className="target-unit">
      <span id="target-unit-label">Slider counts</span>
      <ToggleGroup.Root
        className="toggle"
        type="single"
        value={unit}
        aria-labelledby="target-unit-label"
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
  );
}

export function TargetPanel() {
  const ratio = useStudio((state) => state.recipe.ratio);
  const unit = useStudio((state) => state.ratioUnit);
  const parameters = useStudio((state) => knownModel(state)?.parameters ?? null);
  const trained = useStudio((state) => noTarget(state) || trainedFor(state));
  const fixed = useStudio(({ method }) => method !== "disp");
  const lowest = useStudio((state) => lowestOf(state).ratio);
  const lowestReason = useStudio((state) => lowestOf(state).reason);
  const { setRatio } = useActions();
  const [refused, setRefused] = useState<{ reason: string; ratio: number } | null>(null);

  const setBlockRatio = (share: number): void => {
    const reached = clampRatio(share, lowest);
    setRefused(
      share < lowest && lowestReason
        ? { reason: `Can't go below ${percent(lowest)} of the block weights. ${lowestReason}.`, ratio: reached }
        : null,
    );
    setRatio(reached);
  };
  const setModelRatio = (share: number): void => {
    if (!parameters) return;
    const target = targetOfModel(share, parameters, {
      ratio: lowest,
      ...(lowestReason ? { reason: lowestReason } : {}),
    });
    setRefused(target.reachable ? null : { reason: target.reason, ratio: target.ratio });
    setRatio(target.ratio);
  };
  // a refusal is shown until the slider moves away from where it put the target
  const reason = refused && Math.abs(refused.ratio - ratio) < 1e-9 ? refused.reason : null;

  return (
    <section className="target" aria-label="Target">
      <div className="target-words">
        <h2 id="target-heading">Target</h2>
        <TargetFields
          ratio={ratio}
          lowest={lowest}
          why={lowestReason}
          disabled={fixed}
          model={parameters ? modelRatioOf(ratio, parameters) : null}
          onBlocks={setBlockRatio}
          onModel={setModelRatio}
        />
        <span className="field-hint" data-testid="ratio-trained">
          {trained}
        </span>
        <UnitToggle />
      </div>
      <TargetScale {...{ ratio, unit, parameters }} disabled={fixed} onBlocks={setBlockRatio} onModel={setModelRatio} />
      <p className="target-refused" role="status" data-testid="ratio-unreachable">
        {reason}
      </p>
    </section>
  );
}
