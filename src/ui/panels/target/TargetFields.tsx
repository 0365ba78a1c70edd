// The target as two numbers: "Keep 50.0 % of the block weights (55.6 % of the model; 44.4 % removed)".
import { RECIPE_BOUNDS } from "../../../engine/index.ts";
import { percent, percentNumber } from "../../../shared/format.ts";
import { NumberField } from "../../parts/NumberField.tsx";

interface Props {
  /** Kept share of the block weights, 0 to 1. */
  ratio: number;
  /** The lowest that can be asked for, and why if the recipe's gates reach no lower. */
  lowest: number;
  why: string | undefined;
  /** The same as share of the whole model; null while no model is open. */
  model: number | null;
  /** The method has no target. */
  disabled: boolean;
  /** Called with a new share of the block weights. */
  onBlocks: (share: number) => void;
  /** Called with a new share of the whole model. */
  onModel: (share: number) => void;
}

export function TargetFields({ ratio, lowest, why, model, disabled, onBlocks, onModel }: Props) {
  return (
    <>
      <NumberField
        className="field-inline"
        label="Keep"
        unit="% of the block weights"
        percent
        why={why ? `${why}.` : `A run keeps at least ${percent(lowest, 0)}, so that every block has something left.`}
        testId="keep-blocks"
        value={100 * ratio}
        text={percentNumber(ratio)}
        min={100 * lowest}
        max={100 * RECIPE_BOUNDS.ratio.max}
        disabled={disabled}
        onValue={(value) => onBlocks(value / 100)}
      />
      <NumberField
        className="field-inline"
        label={
          <>
            <span className="unseen">Keep of the whole model</span>
            <span aria-hidden="true">(</span>
          </>
        }
        unit={model === null ? "% of the model)" : `% of the model; ${percent(1 - model)} removed)`}
        testId="keep-model"
        percent
        value={model === null ? 0 : 100 * model}
        text={model === null ? "" : percentNumber(model)}
        min={0}
        max={100}
        disabled={disabled || model === null}
        onValue={(value) => onModel(value / 100)}
      />
    </>
  );
}
