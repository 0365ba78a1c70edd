// The parts of a memory plan, with its largest buffer and the disk space for exports.
import type { MemoryPlan, PlanParts } from "../../../engine/index.ts";
import { bytes, whole } from "../../../shared/format.ts";

/** Parts of the plan, with the name of each. */
const ROWS: readonly (readonly [keyof PlanParts, string])[] = [
  ["weights", "weights"],
  ["training", "activations of a training step"],
  ["logits", "logits and their gradient"],
  ["hypernet", "hypernetwork and optimiser"],
  ["evaluation", "evaluation (extra)"],
  ["cache", "KV cache of a text"],
  ["pruned", "pruned copy at 50 %"],
  ["recovery", "recovery: trained copies, optimiser, recovered model"],
];

/** With a recovery the plan has the pruning that it trains, which may keep another share. */
function nameOf(part: keyof PlanParts, name: string, { parts, compact }: MemoryPlan): string {
  if (part !== "pruned") return name;
  if (parts.recovery !== undefined) return "pruned model";
  return compact ? name : "masks of the pruned model";
}

/** How matrices are stored, after "in". */
export const PRECISIONS = {
  f32: "full precision",
  f16: "half precision",
  file: "the file’s own blocks",
  q8_0: "Q8_0, quantised on opening",
  q4_0: "Q4_0, quantised on opening",
} as const;

/** The lengths that a plan was made for. */
export const lengthsOf = ({ trainingTokens, evaluationTokens }: MemoryPlan): string =>
  `${whole(trainingTokens)} tokens per step, windows of ${whole(evaluationTokens)}`;

interface Props {
  plan: MemoryPlan;
  /** Null where the browser does not report it. */
  storageFreeBytes: number | null;
}

export function MemoryPlanTable({ plan, storageFreeBytes }: Props) {
  const { largest, limitBytes, fits } = plan;
  return (
    <table className="plan" data-testid="memory-plan">
      <caption>
        In {PRECISIONS[plan.precision]}; {lengthsOf(plan)}
      </caption>
      <tbody>
        {ROWS.map(([part, name]) => {
          const size = plan.parts[part];
          return size === undefined ? null : (
            <tr key={part}>
              <th scope="row">{nameOf(part, name, plan)}</th>
              <td>{bytes(size)}</td>
            </tr>
          );
        })}
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
