// What a memory plan says and offers: its parts, the choices of other plans, and for a model that does not fit the settings that do.
import type { MemoryPlan } from "../../../engine/index.ts";
import { bytes } from "../../../shared/format.ts";
import { useOpenBlocked } from "../../opening/useOpening.ts";
import { useActions, useStudio } from "../../studioContext.tsx";
import { GpuMemoryField, PlanChoices } from "./PlanChoices.tsx";
import { lengthsOf, MemoryPlanTable, PRECISIONS } from "./MemoryPlanTable.tsx";
import { ScaleCommand } from "./ScaleCommand.tsx";

interface ChoicesProps {
  /** Plans that fit. */
  others: readonly MemoryPlan[];
  /** No model can be opened now. */
  busy: boolean;
}

/** Opens a model that did not fit with settings that do. */
function Choices({ others, busy }: ChoicesProps) {
  const source = useStudio(({ plan }) => plan?.source);
  const { open, setRecipe } = useActions();
  if (!source || others.length === 0) return null;
  const choose = ({ precision, trainingTokens, evaluationTokens }: MemoryPlan): void => {
    setRecipe({ tokens: trainingTokens });
    void open({ ...source, choice: { precision, trainingTokens, evaluationTokens } });
  };
  return (
    <p className="actions">
      {others.map((plan) => (
        <button
          key={`${plan.precision} ${plan.trainingTokens}`}
          type="button"
          data-testid={`open-${plan.precision}`}
          disabled={busy}
          onClick={() => choose(plan)}
        >
          Open in {PRECISIONS[plan.precision]} ({lengthsOf(plan)}): {bytes(plan.totalBytes)}
        </button>
      ))}
    </p>
  );
}

interface OtherPrecisionsProps {
  /** The plan of the open model. */
  plan: MemoryPlan;
  /** Whether the file has quantised matrices. */
  quantised: boolean;
  /** No model can be opened now. */
  busy: boolean;
}

/** Reopens the model in another precision. */
function OtherPrecisions({ plan, quantised, busy }: OtherPrecisionsProps) {
  const source = useStudio((state) => state.plan?.source);
  const { open } = useActions();
  if (!source) return null;
  const { trainingTokens, evaluationTokens } = plan;
  // a quantised file has its own blocks
  const blocks = quantised ? (["file"] as const) : (["q8_0", "q4_0"] as const);
  const others = (["f32", "f16", ...blocks] as const).filter((precision) => precision !== plan.precision);
  return (
    <p className="actions">
      {others.map((precision) => (
        <button
          key={precision}
          type="button"
          className="link"
          data-testid={`reopen-${precision}`}
          disabled={busy}
          onClick={() => void open({ ...source, choice: { precision, trainingTokens, evaluationTokens } })}
        >
          Reopen in {PRECISIONS[precision]}
        </button>
      ))}
    </p>
  );
}

export function MemoryPlanDetails() {
  const memory = useStudio((state) => state.plan);
  const busy = useOpenBlocked();
  if (!memory) return null;
  const { planned, storageFreeBytes } = memory;
  return (
    <>
      <MemoryPlanTable plan={planned.plan} storageFreeBytes={storageFreeBytes} />
      <GpuMemoryField busy={busy} />
      <PlanChoices planned={planned} busy={busy} />
      {planned.plan.fits ? (
        <OtherPrecisions plan={planned.plan} quantised={planned.quantised} busy={busy} />
      ) : (
        <>
          <Choices others={planned.others} busy={busy} />
          <ScaleCommand model={planned.name} />
        </>
      )}
    </>
  );
}
