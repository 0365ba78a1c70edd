// The self-check: whether this adapter computes what the references say, case by case.
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { useActions, useThrottled, useStudio } from "../../studioContext.tsx";

function Checking() {
  const progress = useThrottled((state) => state.progress.selfCheck);
  const { cancelSelfCheck } = useActions();
  return (
    <>
      <span role="status">
        {progress ? `${progress.done} of ${progress.total} cases: ${progress.note ?? ""}` : "Checking…"}
      </span>{" "}
      <button type="button" data-testid="self-check-cancel" onClick={() => void cancelSelfCheck()}>
        Cancel
      </button>
    </>
  );
}

export function SelfCheckPanel() {
  const check = useStudio((state) => state.check);
  const ready = useStudio(({ device, run }) => device.phase === "ready" && run.phase !== "training");
  const { selfCheck } = useActions();
  if (check.phase === "failed") return <ErrorNote error={check.error} testId="self-check-error" />;
  if (check.phase === "checking") {
    return (
      <p data-testid="self-check">
        <Checking />
      </p>
    );
  }
  return (
    <div data-testid="self-check">
      <p>
        <button type="button" data-testid="self-check-start" disabled={!ready} onClick={() => void selfCheck()}>
          Check this adapter
        </button>{" "}
        {check.phase === "checked" ? (
          <span role="status" data-testid="self-check-result">
            {check.result.checks - check.result.failed.length} of {check.result.checks} comparisons of kernels with
            their references agree ({check.result.seconds.toFixed(0)} s).
          </span>
        ) : (
          "holds every kernel against its reference in f64."
        )}
      </p>
      {check.phase === "checked" && check.result.failed.length > 0 ? (
        <ul>
          {check.result.failed.map(({ op, case: of, name, worst, limit }) => (
            <li key={`${op} ${of} ${name}`}>
              {op}, case {of}, {name}: off by {worst.toExponential(1)}, at most {limit} was expected
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
