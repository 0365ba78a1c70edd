// The norms of the calibration activations that the scores use, with the choice of the input and of the order.
import { useMemo, useState } from "react";
import { norms } from "../../../charts/index.ts";
import { Figure } from "../../parts/Figure.tsx";
import { useStudioStore } from "../../studioContext.tsx";
import { normsSource } from "../../views/weightSources.ts";
import type { NormKind } from "../../views/weightSources.ts";
import { normsTable } from "../../views/figureTables.ts";

const NORM_KINDS: readonly { kind: NormKind; label: string }[] = [
  { kind: "input", label: "gate and up" },
  { kind: "middle", label: "down" },
];

export function NormsFigure() {
  const studio = useStudioStore();
  const [kind, setKind] = useState<NormKind>("input");
  const [sorted, setSorted] = useState(false);
  const source = useMemo(() => normsSource(studio, kind, sorted), [studio, kind, sorted]);
  return (
    <div>
      <div className="weights-choice">
        <label>
          Input of{" "}
          <select
            data-testid="norms-kind"
            value={kind}
            onChange={({ target: { value } }) => setKind(value === "middle" ? "middle" : "input")}
          >
            {NORM_KINDS.map((one) => (
              <option key={one.kind} value={one.kind}>
                {one.label}
              </option>
            ))}
          </select>
        </label>
        <label>
          <input
            type="checkbox"
            data-testid="norms-sorted"
            checked={sorted}
            onChange={({ target: { checked } }) => setSorted(checked)}
          />{" "}
          sorted
        </label>
      </div>
      <Figure
        name="norms"
        title="Calibration norms"
        caption="Norm of each neuron’s activations over the calibration tokens, block by block."
        make={norms}
        table={normsTable}
        source={source}
      />
    </div>
  );
}
