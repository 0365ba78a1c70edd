// What one-shot pruning did: the mask of any matrix, the norms behind the scores, and what each matrix keeps.
import { useMemo, useState } from "react";
import { matrixShares, norms } from "../../../charts/index.ts";
import { METHOD_NAMES } from "../../../engine/index.ts";
import type { PrunedMlp } from "../../../worker/protocol.ts";
import { Figure } from "../../parts/Figure.tsx";
import { percent } from "../../../shared/format.ts";
import { useStudio, useStudioStore } from "../../studioContext.tsx";
import { normsSource, partsOf, PARTS, sharesSource } from "../../views/weightSources.ts";
import type { NormKind } from "../../views/weightSources.ts";
import { MatrixFigure } from "./MatrixFigure.tsx";

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
      <div className="weights-pair">
        <MatrixFigure weights={weights} />
        <div>
          {measured.length > 0 ? (
            <NormsFigure />
          ) : (
            <p className="panel-intro">
              No calibration norms: magnitude has none, and masks that were brought back lost them.
            </p>
          )}
          <SharesFigure weights={weights} />
        </div>
      </div>
    </section>
  );
}

function NormsFigure() {
  const studio = useStudioStore();
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
  const studio = useStudioStore();
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
