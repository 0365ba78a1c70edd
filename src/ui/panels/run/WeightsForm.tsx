// One-shot pruning of single weights: its recipe, its start and stop, and why it was refused.
import { useState } from "react";
import { WEIGHT_RECIPE_BOUNDS } from "../../../engine/index.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { percent } from "../../../shared/format.ts";
import { NumberField } from "../../parts/NumberField.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";
import { TaskProgress } from "../../parts/TaskProgress.tsx";
import { PatternField } from "./PatternField.tsx";

const FIELDS = [
  { field: "sequences", label: "Sequences", hint: "of the calibration text" },
  { field: "tokens", label: "Tokens each", hint: "length of a sequence" },
  { field: "seed", label: "Seed", hint: "draws where they begin" },
] as const;

export function WeightsForm() {
  const recipe = useStudio((state) => state.weightRecipe);
  const weighing = useStudio((state) => state.weighing);
  const kept = useStudio((state) => state.weights?.kept.mlpWeights ?? null);
  const ready = useStudio(({ model, device, run, asked, exported, compare }) => {
    const free = run.phase !== "training" && asked === null;
    const gpuFree = exported.phase !== "preparing" && compare.phase !== "writing";
    return model.phase === "open" && device.phase === "ready" && free && gpuFree;
  });
  const { setWeightRecipe, pruneWeights, cancelWeights } = useActions();
  const [fault, setFault] = useState<string | null>(null);
  const pruning = weighing.phase === "pruning";
  return (
    <div className="weights-form">
      {pruning ? (
        <TaskProgress task="weights" label="Pruning" stop="Stop" cancel={cancelWeights} />
      ) : (
        <div className="run-controls">
          <button
            type="button"
            className="primary"
            data-testid="weights-prune"
            disabled={!ready || fault !== null}
            onClick={() => void pruneWeights()}
          >
            Prune
          </button>
        </div>
      )}
      {weighing.phase === "failed" ? <ErrorNote error={weighing.error} testId="weights-error" /> : null}
      {kept && !pruning ? (
        <p className="run-words" role="status" data-testid="weights-kept">
          {percent(kept.kept / Math.max(1, kept.of))} of the MLP weights kept
        </p>
      ) : null}
      <PatternField
        pattern={recipe.pattern}
        disabled={pruning}
        onPattern={(pattern) => setWeightRecipe({ pattern })}
        onFault={setFault}
      />
      {recipe.method === "magnitude" ? (
        <p className="field-hint">Magnitude needs no calibration text.</p>
      ) : (
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
              disabled={pruning}
              onValue={(value) => setWeightRecipe({ [field]: value })}
            />
          ))}
        </div>
      )}
    </div>
  );
}
