// The self-check: every kernel on this GPU compared with its double-precision reference.
import type { SelfCheck } from "../../../engine/index.ts";
import { duration, small, whole } from "../../../shared/format.ts";
import { canSelfCheck } from "../../../state/allowed.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { useActions, useStudio, useThrottled } from "../../studioContext.tsx";

function Checking() {
  const progress = useThrottled((state) => state.progress.selfCheck);
  const { cancelSelfCheck } = useActions();
  return (
    <p data-testid="self-check">
      <span role="status">
        {progress ? `${progress.done} of ${progress.total} cases: ${progress.note ?? ""}` : "Checking…"}
      </span>{" "}
      <button type="button" data-testid="self-check-cancel" onClick={() => void cancelSelfCheck()}>
        Cancel
      </button>
    </p>
  );
}

/** "All 779 checks passed (5 s)." */
function summaryOf({ checks, failed, seconds }: SelfCheck): string {
  const passed = failed.length === 0 ? `All ${whole(checks)}` : `${whole(checks - failed.length)} of ${whole(checks)}`;
  return `${passed} checks passed (${duration(seconds)}).`;
}

function Failures({ failed }: Pick<SelfCheck, "failed">) {
  return (
    <ul>
      {failed.map(({ op, case: of, name, worst, limit }) => (
        <li key={`${op} ${of} ${name}`}>
          {op}, case {of}, {name}: off by {small(worst)} (limit {limit})
        </li>
      ))}
    </ul>
  );
}

export function SelfCheckPanel() {
  const check = useStudio((state) => state.check);
  const ready = useStudio(canSelfCheck);
  const { selfCheck } = useActions();
  if (check.phase === "failed") return <ErrorNote error={check.error} context="page" testId="self-check-error" />;
  if (check.phase === "checking") return <Checking />;
  const result = check.phase === "checked" ? check.result : null;
  return (
    <div data-testid="self-check">
      <p>
        <button type="button" data-testid="self-check-start" disabled={!ready} onClick={() => void selfCheck()}>
          Check this GPU
        </button>{" "}
        {result ? (
          <span role="status" data-testid="self-check-result">
            {summaryOf(result)}
          </span>
        ) : (
          "Compares every kernel with a double-precision reference."
        )}
      </p>
      {result && result.failed.length > 0 ? <Failures failed={result.failed} /> : null}
    </div>
  );
}
