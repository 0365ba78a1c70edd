// Measured times of the dense and the pruned model, by runtime and workload.
import { useId } from "react";
import type { SpeedReport, SpeedRow, Spread } from "../../../engine/index.ts";
import { factor, percent, stepTime } from "../../../shared/format.ts";
import { TableHead } from "../../parts/TableHead.tsx";

const COLUMNS = ["workload", "dense", "pruned", "speed-up"];

/** "1.42×", "0.81× (slower)", or that the repetitions vary as much as the models differ. */
function speedUp({ speedup, clear }: SpeedRow): string {
  if (!clear) return `${factor(speedup)} (within the spread)`;
  return speedup < 1 ? `${factor(speedup)} (slower)` : factor(speedup);
}

interface TimeProps {
  of: Spread;
}

function Time({ of: { median, min, max } }: TimeProps) {
  return (
    <td>
      {stepTime(median)} <span className="speed-spread">{`${stepTime(min)} to ${stepTime(max)}`}</span>
    </td>
  );
}

interface RowProps {
  row: SpeedRow;
  /** Tokens of the forward pass. */
  tokens: number;
}

function Row({ row, tokens }: RowProps) {
  const { runtime, version, what, ms, speedup, clear } = row;
  return (
    <tr data-testid="speed-row" data-slower={clear && speedup < 1}>
      <th scope="row">
        {what === "forward" ? `forward pass, ${tokens} tokens` : "generation, per token"}
        <span className="speed-spread">
          {runtime} {version}
        </span>
      </th>
      <Time of={ms.dense} />
      <Time of={ms.pruned} />
      <td>{speedUp(row)}</td>
    </tr>
  );
}

interface Props {
  report: SpeedReport;
  /** Kept share of the block weights of the pruned model. */
  ratio: number;
}

/** What was measured is described outside the table, which scrolls on a narrow screen. */
export function SpeedTable({ report, ratio }: Props) {
  const { adapter, tokens, decodeTokens, repeats, threads, rows } = report;
  const id = useId();
  return (
    <>
      <p className="export-table-of" id={id} data-testid="speed-of">
        {percent(ratio)} of the block weights, on {adapter}
        {threads ? `; onnxruntime on ${threads} CPU ${threads === 1 ? "thread" : "threads"}` : ""}. Median of {repeats}{" "}
        forward passes and of {repeats * decodeTokens} tokens, with the smallest and largest time.
      </p>
      <div className="wide-table export-table" tabIndex={0} role="group" aria-labelledby="speed-heading">
        <table data-testid="speed-table" aria-describedby={id}>
          <TableHead names={COLUMNS} />
          <tbody>
            {rows.map((row) => (
              <Row key={`${row.runtime} ${row.what}`} row={row} tokens={tokens} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
