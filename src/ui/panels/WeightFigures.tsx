// What one-shot pruning did: the mask of any matrix, the norms behind the scores, and what each matrix keeps.
import { useMemo, useState } from "react";
import { matrixShares, norms, weightMap } from "../../charts/index.ts";
import type { MatrixPart } from "../../charts/index.ts";
import { METHOD_NAMES } from "../../engine/index.ts";
import type { PrunedMlp } from "../../worker/protocol.ts";
import { Figure } from "../Figure.tsx";
import { percent } from "../format.ts";
import { useActions, useStudio, useStudioItself } from "../studioContext.tsx";
import { maskSource, normsSource, partsOf, PARTS, sharesSource } from "../weightSources.ts";
import type { NormKind } from "../weightSources.ts";

const NORM_KINDS: readonly { kind: NormKind; label: string }[] = [
  { kind: "input", label: "into gate and up" },
  { kind: "middle", label: "into down" },
];

export function WeightFigures() {
  const weights = useStudio((state) => state.weights);
  return weights ? <Shown weights={weights} /> : null;
}

function Shown({ weights }: { weights: PrunedMlp }) {
  const { recipe, kept, norms: measured } = weights;
  const { mlpWeights } = kept;
  return (
    <section className="weights" aria-labelledby="weights-heading" data-testid="weights">
      <h2 id="weights-heading">
        Single weights{" "}
        <span className="panel-subject">
          {METHOD_NAMES[recipe.method]}, {recipe.pattern}, {percent(mlpWeights.kept / Math.max(1, mlpWeights.of))} of
          the MLP weights kept
        </span>
      </h2>
      <div className="note" data-testid="weights-note">
        <p>
          The export is dense: removed weights are zeros in matrices of the same size, and the pattern and masks are in
          the receipt. Runtimes give 2:4 no speed today
          {recipe.method === "dass"
            ? ", and groups of gate and up along the intermediate dimension do not follow the sums that sparse hardware would skip"
            : ""}
          . What is measured on this machine stands under <a href="#export-heading">Export, “Measured here”</a>.
        </p>
      </div>
      <MaskFigure weights={weights} />
      <div className="weights-pair">
        {measured.length > 0 ? (
          <NormsFigure />
        ) : (
          <p className="panel-intro">
            No calibration norms: magnitude has none, and masks that were brought back lost them.
          </p>
        )}
        <SharesFigure weights={weights} />
      </div>
    </section>
  );
}

function MaskFigure({ weights }: { weights: PrunedMlp }) {
  const studio = useStudioItself();
  const { weightWindow } = useActions();
  const parts = partsOf(weights);
  const blocks = 1 + Math.max(...weights.matrices.map(({ block }) => block));
  const [chosen, setChosen] = useState<{ block: number; part: MatrixPart }>({ block: 0, part: "gate" });
  // another model may have fewer blocks, and no gate
  const block = Math.min(chosen.block, blocks - 1);
  const part = parts.includes(chosen.part) ? chosen.part : (parts[0] ?? "up");
  const source = useMemo(() => maskSource(studio, block, part), [studio, block, part]);
  const make = useMemo(() => {
    return (node: HTMLElement) =>
      weightMap(node, {
        async window(...asked) {
          const { row, col, rows, cols, values, scores } = await weightWindow(...asked);
          return { row, col, rows, cols, values, scores };
        },
      });
  }, [weightWindow]);
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
      <Figure
        number={5}
        name="weight-map"
        title="Which weights survive"
        caption="Rows are outputs, columns inputs. Wheel, buttons or + and − zoom, dragging moves; arrow keys go from weight to weight, and a weight shows the group it competed in."
        make={make}
        source={source}
      />
    </div>
  );
}

function NormsFigure() {
  const studio = useStudioItself();
  const [kind, setKind] = useState<NormKind>("input");
  const [sorted, setSorted] = useState(false);
  const source = useMemo(() => normsSource(studio, kind, sorted), [studio, kind, sorted]);
  return (
    <div>
      <div className="weights-choice">
        <label>
          Norms{" "}
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
        number={6}
        name="norms"
        title="Calibration norms"
        caption="Norm of each neuron’s activations over the calibration tokens, block by block."
        make={norms}
        source={source}
      />
    </div>
  );
}

function SharesFigure({ weights }: { weights: PrunedMlp }) {
  const studio = useStudioItself();
  const source = useMemo(() => sharesSource(studio), [studio]);
  const parts = partsOf(weights).join(" ");
  const make = useMemo(() => {
    const drawn = PARTS.filter((part) => parts.split(" ").includes(part));
    return (node: HTMLElement) => matrixShares(node, drawn);
  }, [parts]);
  return (
    <Figure
      number={7}
      name="matrix-shares"
      title="Kept share by matrix"
      caption="Share of its weights that each matrix of the MLP keeps."
      make={make}
      source={source}
    />
  );
}
