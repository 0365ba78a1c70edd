// The loss of two runs token by token: its measurement, and the text in the colours of the better run.
import { tokenStrip } from "../../../../charts/index.ts";
import type { TokenStripData } from "../../../../charts/index.ts";
import type { RunRecord } from "../../../../engine/index.ts";
import { canCompareLosses } from "../../../../state/allowed.ts";
import { restoreRefusal } from "../../../../state/runs/restoreRefusal.ts";
import { ErrorNote } from "../../../parts/ErrorNote.tsx";
import { Figure } from "../../../parts/Figure.tsx";
import { TaskProgress } from "../../../parts/TaskProgress.tsx";
import { useActions, useStudio } from "../../../studioContext.tsx";
import { useValueSource } from "../../../views/useValueSource.ts";
import { tokensTable } from "../../../views/figureTables.ts";

interface StripProps {
  data: TokenStripData;
  /** The two runs. */
  of: string;
}

function Strip({ data, of }: StripProps) {
  return (
    <Figure
      name="tokens"
      title="Loss, token by token"
      caption="The evaluation text, coloured by the run that predicts each token better. The first token of a window is not scored."
      make={tokenStrip}
      table={tokensTable}
      of={of}
      source={useValueSource(data)}
    />
  );
}

interface Props {
  a: RunRecord;
  /** Null: the dense model. */
  b: RunRecord | null;
  /** The two in words. */
  of: string;
}

export function LossPerToken({ a, b, of }: Props) {
  const losses = useStudio((state) => state.losses);
  const ready = useStudio(canCompareLosses);
  const refusal = useStudio((state) => restoreRefusal(state, a) ?? (b && restoreRefusal(state, b)));
  const { compareLosses, cancelLosses } = useActions();
  const read =
    losses.phase === "read" && losses.first === a.id && losses.second === (b?.id ?? null) ? losses.result : null;
  return (
    <div>
      {losses.phase === "reading" ? (
        <TaskProgress task="losses" label="Measuring" stop="Stop" cancel={cancelLosses} />
      ) : (
        <p className="actions">
          <button
            type="button"
            data-testid="losses-start"
            disabled={!ready || refusal !== null}
            title={refusal ?? undefined}
            onClick={() => void compareLosses(a.id, b?.id ?? null)}
          >
            Compare loss per token
          </button>
          {refusal ? (
            <span className="field-hint" data-testid="losses-refusal">
              {refusal}
            </span>
          ) : null}
        </p>
      )}
      {losses.phase === "failed" ? <ErrorNote error={losses.error} context="runs" testId="losses-error" /> : null}
      {read ? <Strip data={read} of={of} /> : null}
    </div>
  );
}
