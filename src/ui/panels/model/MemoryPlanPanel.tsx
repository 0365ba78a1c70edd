// The GPU memory that the open model takes, planned before it was loaded; for a model that does not fit, the settings that do.
import type { MemoryPlan as Plan, PlanParts } from "../../../engine/index.ts";
import { bytes, whole } from "../../../shared/format.ts";
import { useOpenBlocked } from "../../opening/useOpening.ts";
import { useActions, useStudio } from "../../studioContext.tsx";

/** Parts of the plan, with the name of each. */
const ROWS: readonly (readonly [keyof PlanParts, string])[] = [
  ["weights", "weights"],
  ["training", "activations of a training step"],
  ["logits", "logits and their gradient"],
  ["hypernet", "hypernetwork and optimiser"],
  ["evaluation", "evaluation (extra)"],
  ["cache", "KV cache"],
  ["pruned", "pruned copy at 50 %"],
];

const PRECISIONS = { f32: "full precision", f16: "half precision" } as const;

const lengths = ({ trainingTokens, evaluationTokens }: Plan): string =>
  `${whole(trainingTokens)} tokens per step, windows of ${whole(evaluationTokens)}`;

interface PlanTableProps {
  plan: Plan;
  /** Null where the browser does not report it. */
  storageFreeBytes: number | null;
}

function PlanTable({ plan, storageFreeBytes }: PlanTableProps) {
  const { largest, limitBytes, fits } = plan;
  return (
    <table className="plan" data-testid="memory-plan">
      <caption>
        In {PRECISIONS[plan.precision]}; {lengths(plan)}
      </caption>
      <tbody>
        {ROWS.map(([part, name]) => (
          <tr key={part}>
            <th scope="row">{name}</th>
            <td>{bytes(plan.parts[part])}</td>
          </tr>
        ))}
        <tr className="plan-total">
          <th scope="row">total ({whole(plan.buffers)} buffers)</th>
          <td data-testid="plan-total">{bytes(plan.totalBytes)}</td>
        </tr>
        <tr className={fits ? "" : "plan-over"}>
          <th scope="row">largest buffer{fits ? "" : `: ${largest.label}`}</th>
          <td>
            {bytes(largest.bytes)} of {bytes(limitBytes)} allowed
          </td>
        </tr>
        {storageFreeBytes === null ? null : (
          <tr>
            <th scope="row">free disk space</th>
            <td>{bytes(storageFreeBytes)}</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

interface ChoicesProps {
  /** Plans that fit. */
  others: readonly Plan[];
  busy: boolean;
}

/** Opens a model that did not fit with settings that do. */
function Choices({ others, busy }: ChoicesProps) {
  const source = useStudio(({ plan }) => plan?.source);
  const { open, setRecipe } = useActions();
  if (!source || others.length === 0) return null;
  const choose = ({ precision, trainingTokens, evaluationTokens }: Plan): void => {
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
          Open in {PRECISIONS[plan.precision]} ({lengths(plan)}): {bytes(plan.totalBytes)}
        </button>
      ))}
    </p>
  );
}

interface OtherPrecisionProps {
  /** The plan of the open model. */
  plan: Plan;
  busy: boolean;
}

/** Reopens the model in the other precision. */
function OtherPrecision({ plan, busy }: OtherPrecisionProps) {
  const source = useStudio((state) => state.plan?.source);
  const { open } = useActions();
  if (!source) return null;
  const { trainingTokens, evaluationTokens } = plan;
  const precision = plan.precision === "f32" ? "f16" : "f32";
  return (
    <p className="actions">
      <button
        type="button"
        className="link"
        data-testid={`reopen-${precision}`}
        disabled={busy}
        onClick={() => void open({ ...source, choice: { precision, trainingTokens, evaluationTokens } })}
      >
        Reopen in {PRECISIONS[precision]}
      </button>
    </p>
  );
}

export function MemoryPlanPanel() {
  const memory = useStudio((state) => state.plan);
  const busy = useOpenBlocked();
  if (!memory) return null;
  const { planned, storageFreeBytes } = memory;
  const { fits } = planned.plan;
  return (
    <details className="memory" open={!fits} key={`${planned.name} ${fits}`}>
      <summary>
        {fits ? `GPU memory: ${bytes(planned.plan.totalBytes)}` : `${planned.name} does not fit on this GPU`}
      </summary>
      <PlanTable plan={planned.plan} storageFreeBytes={storageFreeBytes} />
      {fits ? <OtherPrecision plan={planned.plan} busy={busy} /> : <Choices others={planned.others} busy={busy} />}
    </details>
  );
}
