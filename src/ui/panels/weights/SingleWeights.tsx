// What one-shot pruning did: the mask of any matrix, the norms behind the scores, and what each matrix keeps.
import { METHOD_NAMES } from "../../../engine/index.ts";
import type { PrunedMlp } from "../../../worker/protocol.ts";
import { keptPercent } from "../../../shared/format.ts";
import { SectionLink } from "../../parts/SectionLink.tsx";
import { MatrixFigure } from "./MatrixFigure.tsx";
import { NormsFigure } from "./NormsFigure.tsx";
import { SharesFigure } from "./SharesFigure.tsx";

interface Props {
  weights: PrunedMlp;
}

/** What to expect of the export, and of its speed. */
function ExportNote({ weights: { recipe } }: Props) {
  return (
    <div className="note" data-testid="weights-note">
      <p>
        The export stays dense: removed weights are zeros, and the receipt stores the pattern and the masks. No runtime
        speeds up 2:4 today
        {recipe.method === "dass" ? ", and these groups run across outputs, which 2:4 hardware cannot skip" : ""}.
        Timings: <SectionLink to="export-heading">Export › Speed</SectionLink>.
      </p>
    </div>
  );
}

export function SingleWeights({ weights }: Props) {
  const { recipe, kept, norms } = weights;
  return (
    <section className="weights" aria-labelledby="weights-heading" data-testid="weights">
      <h2 id="weights-heading">
        Single weights{" "}
        <span className="panel-subject">
          {METHOD_NAMES[recipe.method]}, {recipe.pattern}, {keptPercent(kept.mlpWeights)} of the MLP weights kept
        </span>
      </h2>
      <ExportNote weights={weights} />
      <div className="weights-pair">
        <MatrixFigure weights={weights} />
        <div>
          {norms.length > 0 ? (
            <NormsFigure />
          ) : (
            <p className="panel-intro">
              No calibration norms: magnitude pruning uses none, and saved runs do not store them.
            </p>
          )}
          <SharesFigure weights={weights} />
        </div>
      </div>
    </section>
  );
}
