// The mask of one matrix, and the choice of which.
import { useMemo, useState } from "react";
import { weightMap } from "../../../charts/index.ts";
import type { MatrixPart } from "../../../charts/index.ts";
import type { PrunedMlp } from "../../../worker/protocol.ts";
import { Figure } from "../../parts/Figure.tsx";
import { useActions, useStudioItself } from "../../studioContext.tsx";
import { maskSource, partsOf, PARTS } from "../../views/weightSources.ts";

/** Lets the reader choose a block and a part of its MLP. */
export function MatrixFigure({ weights }: { weights: PrunedMlp }) {
  const parts = partsOf(weights);
  const blocks = 1 + Math.max(...weights.matrices.map(({ block }) => block));
  const [chosen, setChosen] = useState<{ block: number; part: MatrixPart }>({ block: 0, part: "gate" });
  // another model may have fewer blocks, and no gate
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

function Mask({ block, part }: { block: number; part: MatrixPart }) {
  const studio = useStudioItself();
  const { weightWindow } = useActions();
  const source = useMemo(() => maskSource(studio, block, part), [studio, block, part]);
  const make = useMemo(() => {
    return (node: HTMLElement) =>
      weightMap(node, {
        async window(name, area) {
          const asked = [area.row, area.col, area.rows, area.cols] as const;
          const { row, col, rows, cols, values, scores } = await weightWindow(name, ...asked);
          return { row, col, rows, cols, values, scores };
        },
      });
  }, [weightWindow]);
  return (
    <Figure
      number={5}
      name="weight-map"
      title="Which weights survive"
      caption="Rows are outputs, columns inputs. Wheel, buttons or + and − zoom, dragging moves; arrow keys go from weight to weight, and a weight shows the group it competed in."
      make={make}
      source={source}
    />
  );
}
