// The mask of one matrix, with the choice of block and matrix.
import { useMemo, useState } from "react";
import { weightMap } from "../../../charts/index.ts";
import type { MatrixPart } from "../../../charts/index.ts";
import type { PrunedMlp } from "../../../worker/protocol.ts";
import { Figure } from "../../parts/Figure.tsx";
import { useActions, useStudioStore } from "../../studioContext.tsx";
import { maskSource, partsOf, PARTS } from "../../views/weightSources.ts";
import { weightMapTable } from "../../views/figureTables.ts";

interface Props {
  weights: PrunedMlp;
}

/** The figure with its choice of a block and a part of its MLP. */
export function MatrixFigure({ weights }: Props) {
  const parts = partsOf(weights);
  const blocks = 1 + Math.max(...weights.matrices.map(({ block }) => block));
  const [chosen, setChosen] = useState<{ block: number; part: MatrixPart }>({ block: 0, part: "gate" });
  // after another model was opened, it may have fewer blocks or no gate
  const block = Math.min(chosen.block, blocks - 1);
  const part = parts.includes(chosen.part) ? chosen.part : (parts[0] ?? "up");
  return (
    <div>
      <div className="weights-choice">
        <label>
          Block{" "}
          <select
            data-testid="weights-block"
            value={block}
            onChange={({ target: { value } }) => setChosen({ block: Number(value), part })}
          >
            {Array.from({ length: blocks }, (_, n) => (
              <option key={n}>{n}</option>
            ))}
          </select>
        </label>
        <label>
          Matrix{" "}
          <select
            data-testid="weights-part"
            value={part}
            onChange={({ target: { value } }) => {
              const next = PARTS.find((one) => one === value);
              if (next) setChosen({ block, part: next });
            }}
          >
            {parts.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      </div>
      <Mask block={block} part={part} />
    </div>
  );
}

interface MaskProps {
  block: number;
  part: MatrixPart;
}

function Mask({ block, part }: MaskProps) {
  const studio = useStudioStore();
  const { weightWindow } = useActions();
  const source = useMemo(() => maskSource(studio, block, part), [studio, block, part]);
  const make = useMemo(() => {
    return (node: HTMLElement) =>
      weightMap(node, {
        window: (name, area) => weightWindow({ name, ...area }),
      });
  }, [weightWindow]);
  return (
    <Figure
      name="weight-map"
      title="Which weights survive"
      caption="Rows: outputs; columns: inputs. Zoom with Ctrl and the wheel, the buttons or + and −; drag to move. Arrow keys step from weight to weight; each shows the group it competed in."
      make={make}
      table={weightMapTable}
      source={source}
    />
  );
}
