// What the open model takes of the GPU's memory, planned before it was loaded; where it does not fit, what would, and the choice.
import type { MemoryPlan as Plan, PlanParts } from "../../../engine/index.ts";
import { bytes, whole } from "../../../shared/format.ts";
import { useActions, useStudio } from "../../studioContext.tsx";

const ROWS: readonly (readonly [keyof PlanParts, string])[] = [
  ["weights", "weights"],
  ["training", "activations of a training step"],
  ["logits", "logits and their gradient"],
  ["hypernet", "hypernetwork and optimiser"],
  ["evaluation", "more for evaluation"],
  ["cache", "keys and values of a text"],
  ["pruned", "pruned model beside it, at half"],
];

const PRECISIONS = { f32: "full precision", f16: "half precision" } as const;

const lengths = ({ trainingTokens, evaluationTokens }: Plan): string =>
  `${whole(trainingTokens)} tokens a step, windows of ${whole(evaluationTokens)}`;

function PlanTable({ plan, storageFreeBytes }: { plan: Plan; storageFreeBytes: number | null }) {
  const { largest, limitBytes, fits } = plan;
  return (
    <table className="plan" data-testid="memory-plan">
      <caption>
        GPU memory in {PRECISIONS[plan.precision]}: {lengths(plan)}
      </caption>
      <tbody>
        {ROWS.map(([part, name]) => (
          <tr key={part}>
            <th scope="row">{name}</th>
            <td>{bytes(plan.parts[part])}</td>
          </tr>
        ))}
        <tr className="plan-total">
          <th scope="row">in all, {whole(plan.buffers)} buffers</th>
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
            <th scope="row">free on disk for exports</th>
            <td>{bytes(storageFreeBytes)}</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

/** Opens what does not fit in a way that does. */
function Choices({ others, busy }: { others: readonly Plan[]; busy: boolean }) {
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
          Open in {PRECISIONS[plan.precision]}, {lengths(plan)}: {bytes(plan.totalBytes)}
        </button>
      ))}
    </p>
  );
}

/** Opens the open model again in the other precision. */
function OtherPrecision({ plan, busy }: { plan: Plan; busy: boolean }) {
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
        open in {PRECISIONS[precision]}
      </button>
    </p>
  );
}

export function MemoryPlanPanel() {
  const planned = useStudio((state) => state.plan);
  const busy = useStudio(
    ({ run, asked, model }) => run.phase === "training" || asked !== null || model.phase === "opening",
  );
  if (!planned) return null;
  const { news, storageFreeBytes } = planned;
  const { fits } = news.plan;
  return (
    <details className="memory" open={!fits} key={`${news.name} ${fits}`}>
      <summary>
        {fits ? `memory: ${bytes(news.plan.totalBytes)} on the GPU` : `${news.name} does not fit on this adapter`}
      </summary>
      <PlanTable plan={news.plan} storageFreeBytes={storageFreeBytes} />
      {fits ? <OtherPrecision plan={news.plan} busy={busy} /> : <Choices others={news.others} busy={busy} />}
    </details>
  );
}
