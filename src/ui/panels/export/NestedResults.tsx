// A nested export that was prepared: what each ratio keeps and costs, what the check of it found, and saving.
import { useId } from "react";
import type { RatioInside } from "../../../engine/index.ts";
import { titleOf } from "../../../shared/texts.ts";
import type { PreparedNested } from "../../../state/storeState.ts";
import { bytes, percent, perplexityText, small, whole } from "../../../shared/format.ts";
import { useStudio } from "../../studioContext.tsx";
import { ExportRefused, ExportSaves, ExportSaving } from "./ExportSaves.tsx";

const share = ({ kept, of }: RatioInside["blockWeights"]): string => percent(of > 0 ? kept / of : 0);

function Row({ ratio: { ratio, blockWeights, modelWeights, perplexity: pair, check } }: { ratio: RatioInside }) {
  return (
    <tr data-testid="nested-ratio" data-keep={ratio}>
      <th scope="row">{ratio}</th>
      <td>{share(blockWeights)}</td>
      <td>{share(modelWeights)}</td>
      <td>{perplexityText(pair.pruned)}</td>
      <td>{check ? small(check.maxAbsLogitDifference) : "–"}</td>
      <td>{check ? percent(check.argmaxAgreement) : "–"}</td>
    </tr>
  );
}

/** What the figures are of stands outside the table, which a narrow screen scrolls. */
function Ratios({ found: { ratios, delivery } }: { found: PreparedNested }) {
  const id = useId();
  const pair = ratios[0]?.perplexity;
  return (
    <>
      {pair ? (
        <p className="nested-of" id={id} data-testid="nested-of">
          Perplexity on {titleOf(pair.text)}, context {pair.context}, {whole(pair.tokens)} tokens; dense{" "}
          {perplexityText(pair.dense)}. Logits of each ratio, cut out of the written model, on {delivery.tokens} tokens.
        </p>
      ) : null}
      <div className="export-table" tabIndex={0} role="group" aria-label="Ratios of the nested model">
        <table className="nested-table" data-testid="nested-table" aria-describedby={id}>
          <thead>
            <tr>
              <th scope="col">keep</th>
              <th scope="col">block weights</th>
              <th scope="col">whole model</th>
              <th scope="col">perplexity</th>
              <th scope="col">largest logit difference</th>
              <th scope="col">same next token</th>
            </tr>
          </thead>
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

export function NestedResults({ found, busy }: { found: PreparedNested; busy: boolean }) {
  const { delivery, ratios, run, step, choice } = found;
  const moved = useStudio(({ architecture }) => {
    return architecture?.trainedFor === undefined || architecture.run !== run || architecture.step !== step;
  });
  const { dtype, shardBytes } = useStudio((state) => state.exportChoice);
  const chosenAnew = choice.dtype !== dtype || choice.shardBytes !== shardBytes;
  const smallest = ratios[0]?.ratio;
  return (
    <div data-testid="export-nested" data-ok={delivery.ok}>
      {ratios.length > 0 ? <Ratios found={found} /> : null}
      {delivery.ok ? (
        <>
          <p className="nested-about">
            <span data-testid="export-nested-bytes">
              {bytes(delivery.bytes)} in {delivery.files.length} files
            </span>
            , {delivery.dtype}, masks of step {step}. Loads in transformers with trust_remote_code;{" "}
            <code>keep={smallest}</code> picks a ratio, without it the largest is loaded.
            {moved ? (
              <strong> What is pruned has changed since: prepare them again to export what is shown.</strong>
            ) : null}
            {chosenAnew && !moved ? <strong> Prepare them again to write the weights as chosen now.</strong> : null}
          </p>
          <ExportSaves form="nested" name="Nested" busy={busy} />
          <ExportSaving nested />
        </>
      ) : (
        <ExportRefused form="nested" reason={delivery.reason} />
      )}
    </div>
  );
}
