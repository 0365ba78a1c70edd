// The plans of a model for the same lengths and precision, with what each takes in memory and in time; and the memory that they have to fit into.
import type { MemoryPlan, PlanResult } from "../../../engine/index.ts";
import { bytes, whole } from "../../../shared/format.ts";
import { NumberField } from "../../parts/NumberField.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";

const GIGA = 1e9;
/** More than any graphics card has, in GB. */
const MOST_GIGABYTES = 1024;

interface FieldProps {
  /** A run or another command is in progress. */
  busy: boolean;
}

/** The memory of the GPU, which WebGPU does not report. */
export function GpuMemoryField({ busy }: FieldProps) {
  const memory = useStudio((state) => state.gpuMemoryBytes);
  const { setGpuMemory } = useActions();
  return (
    <NumberField
      label="Memory of your GPU"
      unit="GB"
      min={0}
      max={MOST_GIGABYTES}
      value={(memory ?? 0) / GIGA}
      text={memory === null ? "" : String(memory / GIGA)}
      hint="The fastest plan that fits is taken. WebGPU does not report the memory; 0 means unknown."
      disabled={busy}
      testId="gpu-memory"
      onValue={(value) => void setGpuMemory(value > 0 ? value * GIGA : null)}
    />
  );
}

/** What a plan computes again in the backward pass. */
function againText({ recompute: { blocks, group } }: MemoryPlan): string {
  if (blocks === 0) return "none";
  const all = `${whole(blocks)} block${blocks === 1 ? "" : "s"}`;
  return group === 1 ? all : `${all}, ${whole(group)} at a time`;
}

interface ChoicesProps extends FieldProps {
  planned: PlanResult;
}

export function PlanChoices({ planned: { plan, choices, ranOut }, busy }: ChoicesProps) {
  const { choosePlan } = useActions();
  if (choices.length < 2) return null;
  return (
    <>
      {ranOut ? (
        <p role="status" data-testid="plan-ran-out">
          The GPU ran out of memory. This smaller plan was taken, and the run resumed from its last checkpoint.
        </p>
      ) : null}
      <table className="plan plan-choices" data-testid="plan-choices">
        <caption>Plans, fastest first: less memory for more arithmetic</caption>
        <thead>
          <tr>
            <th scope="col">computed again</th>
            <th scope="col">pruned model</th>
            <th scope="col">memory</th>
            <th scope="col">matmuls</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {choices.map((choice) => {
            const current = choice.recompute.blocks === plan.recompute.blocks && choice.totalBytes === plan.totalBytes;
            return (
              <tr
                key={`${choice.recompute.blocks} ${choice.recompute.group} ${choice.compact}`}
                className={choice.fits ? "" : "plan-over"}
                aria-current={current}
              >
                <th scope="row">{againText(choice)}</th>
                <td>{choice.compact ? "a copy" : "masks"}</td>
                <td>{bytes(choice.totalBytes)}</td>
                <td>{(choice.stepFlop / (choices[0]?.stepFlop ?? choice.stepFlop)).toFixed(2)} ×</td>
                <td>
                  {current ? (
                    "in use"
                  ) : (
                    <button
                      type="button"
                      className="link"
                      disabled={busy || !choice.fits}
                      onClick={() => void choosePlan({ recompute: choice.recompute, compact: choice.compact })}
                    >
                      Use
                    </button>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </>
  );
}
