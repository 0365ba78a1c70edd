// The ratios of a nested model: what each keeps, its perplexity, and how far its logits are off.
import { useId } from "react";
import type { RatioInside } from "../../../../engine/index.ts";
import { keptPercent, percent, perplexityText, small, whole } from "../../../../shared/format.ts";
import type { PreparedNested } from "../../../../state/export/exportState.ts";
import { titleOf } from "../../../../shared/texts.ts";
import { TableHead } from "../../../parts/TableHead.tsx";

const COLUMNS = ["ratio", "block weights", "whole model", "perplexity", "largest logit difference", "same next token"];

interface RowProps {
  ratio: RatioInside;
}

function Row({ ratio: { ratio, blockWeights, modelWeights, perplexity, check } }: RowProps) {
  return (
    <tr data-testid="nested-ratio" data-keep={ratio}>
      <th scope="row">{ratio}</th>
      <td>{keptPercent(blockWeights)}</td>
      <td>{keptPercent(modelWeights)}</td>
      <td>{perplexityText(perplexity.pruned)}</td>
      <td>{check ? small(check.maxAbsLogitDifference) : "–"}</td>
      <td>{check ? percent(check.argmaxAgreement) : "–"}</td>
    </tr>
  );
}

interface Props {
  found: PreparedNested;
}

/** What was measured is described outside the table, which scrolls on a narrow screen. */
export function NestedTable({ found: { ratios, exported } }: Props) {
  const id = useId();
  const measured = ratios[0]?.perplexity;
  return (
    <>
      {measured ? (
        <p className="export-table-of" id={id} data-testid="nested-of">
          Perplexity on {titleOf(measured.text)}, context {whole(measured.context)}, {whole(measured.tokens)} tokens
          (dense: {perplexityText(measured.dense)}). Logits of each ratio, cut out of the written model, on{" "}
          {whole(exported.tokens)} tokens.
        </p>
      ) : null}
      <div className="wide-table export-table" tabIndex={0} role="group" aria-label="Ratios of the nested model">
        <table className="nested-table" data-testid="nested-table" aria-describedby={id}>
          <TableHead names={COLUMNS} />
          <tbody>
            {[...ratios].reverse().map((ratio) => (
              <Row key={ratio.ratio} ratio={ratio} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
