// One-shot pruning of single weights: its start and stop, what it kept or why it failed, and its recipe.
import { useState } from "react";
import { Scissors } from "lucide";
import { WEIGHT_RECIPE_BOUNDS } from "../../../../engine/index.ts";
import { keptPercent } from "../../../../shared/format.ts";
import { canPruneWeights } from "../../../../state/allowed.ts";
import { ErrorNote } from "../../../parts/ErrorNote.tsx";
import { NumberField } from "../../../parts/NumberField.tsx";
import { TaskProgress } from "../../../parts/TaskProgress.tsx";
import { Icon } from "../../../parts/Icon.tsx";
import { useActions, useStudio } from "../../../studioContext.tsx";
import { PatternField } from "./PatternField.tsx";

const FIELDS = [
  { field: "sequences", label: "Sequences", hint: "From the calibration text" },
  { field: "tokens", label: "Tokens each", hint: "Length of a sequence" },
  { field: "seed", label: "Seed", hint: "Chooses where they start" },
] as const;

interface PruneProps {
  /** The recipe can be used. */
  valid: boolean;
}

/** The button, or the progress; and the outcome of the last pruning. */
function Prune({ valid }: PruneProps) {
  const pruning = useStudio((state) => state.weightPruning);
  const kept = useStudio((state) => state.weights?.kept.mlpWeights ?? null);
  const able = useStudio(canPruneWeights);
  const { pruneWeights, cancelWeights } = useActions();
  if (pruning.phase === "pruning")
    return <TaskProgress task="weights" label="Pruning" stop="Stop" cancel={cancelWeights} />;
  return (
    <>
      <div className="run-controls">
        <button
          type="button"
          className="primary"
          data-testid="weights-prune"
          disabled={!able || !valid}
          onClick={() => void pruneWeights()}
        >
          <Icon of={Scissors} />
          Prune
        </button>
      </div>
      {pruning.phase === "failed" ? <ErrorNote error={pruning.error} context="pruning" testId="weights-error" /> : null}
      {kept ? (
        <p className="run-words" role="status" data-testid="weights-kept">
          {keptPercent(kept)} of the MLP weights kept
        </p>
      ) : null}
    </>
  );
}

interface CalibrationFieldsProps {
  disabled: boolean;
}

function CalibrationFields({ disabled }: CalibrationFieldsProps) {
  const recipe = useStudio((state) => state.weightRecipe);
  const { setWeightRecipe } = useActions();
  if (recipe.method === "magnitude") return <p className="field-hint">Magnitude needs no calibration text.</p>;
  return (
    <div className="field-grid">
      {FIELDS.map(({ field, label, hint }) => (
        <NumberField
          key={field}
          label={label}
          hint={hint}
          whole
          testId={`weights-${field}`}
          value={recipe[field]}
          min={WEIGHT_RECIPE_BOUNDS[field].min}
          max={WEIGHT_RECIPE_BOUNDS[field].max}
          disabled={disabled}
          onValue={(value) => setWeightRecipe({ [field]: value })}
        />
      ))}
    </div>
  );
}

export function WeightsForm() {
  const pattern = useStudio((state) => state.weightRecipe.pattern);
  const pruning = useStudio((state) => state.weightPruning.phase === "pruning");
  const { setWeightRecipe } = useActions();
  const [fault, setFault] = useState<string | null>(null);
  return (
    <div className="weights-form">
      <Prune valid={fault === null} />
      <PatternField
        pattern={pattern}
        disabled={pruning}
        onPattern={(chosen) => setWeightRecipe({ pattern: chosen })}
        onFault={setFault}
      />
      <CalibrationFields disabled={pruning} />
    </div>
  );
}
