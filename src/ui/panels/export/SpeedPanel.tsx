// Measured here: how long the dense and the pruned model take on this machine, also where pruning makes it slower.
import type { SpeedReport, SpeedRow, Spread } from "../../../engine/index.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { percent, stepTime } from "../../../shared/format.ts";
import { useActions, useThrottled, useStudio } from "../../studioContext.tsx";

/** "1.42 times as fast", "slower: 0.81 times as fast", or that the repetitions differ as much as the models. */
function verdict({ speedup: ratio, clear }: SpeedRow): string {
  if (!clear) return `about as fast (${ratio.toFixed(2)}, within the spread)`;
  return `${ratio < 1 ? "slower: " : ""}${ratio.toFixed(2)} times as fast`;
}

function Time({ of: { median, min, max } }: { of: Spread }) {
  return (
    <td>
      {stepTime(median)} <span className="speed-spread">{`${stepTime(min)} to ${stepTime(max)}`}</span>
    </td>
  );
}

function Row({ row, tokens }: { row: SpeedRow; tokens: number }) {
  const { runtime, version, what, ms, speedup: ratio, clear } = row;
  return (
    <tr data-testid="speed-row" data-slower={clear && ratio < 1}>
      <th scope="row">
        {what === "forward" ? `forward of ${tokens} tokens` : "each token of a text"}
        <span className="speed-spread">
          {runtime} {version}
        </span>
      </th>
      <Time of={ms.dense} />
      <Time of={ms.pruned} />
      <td>{verdict(row)}</td>
    </tr>
  );
}

function Measured({ report, ratio }: { report: SpeedReport; ratio: number }) {
  const { adapter, tokens, decodeTokens, repeats, threads, rows } = report;
  return (
    <div className="export-table" tabIndex={0} role="group" aria-label="Measured here">
      <table data-testid="speed-table">
        <caption>
          {percent(ratio)} of the block weights, on {adapter}
          {threads ? `; onnxruntime on ${threads} CPU ${threads === 1 ? "thread" : "threads"}` : ""}. Median of{" "}
          {repeats} forwards and of {repeats * decodeTokens} tokens, smallest to largest.
        </caption>
        <thead>
          <tr>
            <th scope="col">what</th>
            <th scope="col">dense</th>
            <th scope="col">pruned</th>
            <th scope="col">pruned is</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={`${row.runtime} ${row.what}`} row={row} tokens={tokens} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Measuring() {
  const progress = useThrottled((state) => state.progress.speed);
  const { cancelSpeed } = useActions();
  return (
    <p className="actions">
      <span role="status" data-testid="speed-progress">
        {progress ? `Measuring ${progress.note ?? ""}, ${progress.done} of ${progress.total}…` : "Measuring…"}
      </span>
      <button type="button" data-testid="speed-cancel" onClick={() => void cancelSpeed()}>
        Cancel
      </button>
    </p>
  );
}

/** Stands beside a prepared export. */
export function SpeedPanel({ busy }: { busy: boolean }) {
  const speed = useStudio((state) => state.speed);
  const ready = useStudio(({ device, model, run, asked }) => {
    return device.phase === "ready" && model.phase === "open" && run.phase !== "training" && asked === null;
  });
  const stale = useStudio(({ speed: now, exported }) => now.phase === "measured" && now.of !== exported.last);
  const { measureSpeed } = useActions();
  return (
    <div className="speed" data-testid="speed">
      <h3>Measured here</h3>
      {speed.phase === "measuring" ? (
        <Measuring />
      ) : (
        <p className="actions">
          <button type="button" data-testid="speed-start" disabled={!ready || busy} onClick={() => void measureSpeed()}>
            {speed.phase === "measured" ? "Measure the speed again" : "Measure the speed"}
          </button>
        </p>
      )}
      {speed.phase === "measured" ? <Measured report={speed.report} ratio={speed.of.of.ratio} /> : null}
      {stale ? <p>Measured on an earlier export.</p> : null}
      {speed.phase === "none" ? <p>Dense beside pruned on this machine, in the engine and in onnxruntime.</p> : null}
      {speed.phase === "failed" ? <ErrorNote error={speed.error} testId="speed-error" /> : null}
    </div>
  );
}
