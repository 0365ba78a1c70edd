// What a check of this GPU found: the tables, and the same as a file or as text.
import { useId } from "react";
import { Download } from "lucide";
import { saveFile } from "../../../charts/index.ts";
import { duration, whole } from "../../../shared/format.ts";
import type { AdapterCheck } from "../../../worker/protocol.ts";
import { TableHead } from "../../parts/TableHead.tsx";
import { CopyButton } from "../../parts/CopyButton.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { Summary } from "../../parts/Summary.tsx";

const FILE_NAME = "espalier-gpu.json";

/** "All 779 checks passed (5 s)." */
function summaryOf({ checks, failed, seconds, stopped }: AdapterCheck): string {
  const passed = failed.length === 0 ? `All ${whole(checks)}` : `${whole(checks - failed.length)} of ${whole(checks)}`;
  const after = stopped ? "; stopped after" : " in";
  return checks > 0 ? `${passed} checks passed${after} ${duration(seconds)}.` : `Stopped after ${duration(seconds)}.`;
}

function ResultTable({ title, head, rows, detail }: AdapterCheck["tables"][number]) {
  const id = useId();
  const table = (
    <div className="wide-table check-table" tabIndex={0} role="group" aria-labelledby={id}>
      <table aria-labelledby={id}>
        <TableHead names={head} />
        <tbody>
          {rows.map((cells) => (
            <tr key={cells.join(" ")}>
              {cells.map((cell, i) => (
                <td key={head[i]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
  return (
    <details className="disclosure" open={!detail}>
      <Summary id={id}>{title}</Summary>
      {table}
    </details>
  );
}

export function SelfCheckResult({ result }: { result: AdapterCheck }) {
  const { json, markdown, tables, lines, failed } = result;
  const save = (): void => saveFile(new Blob([json], { type: "application/json" }), FILE_NAME);
  return (
    <div className="check-result">
      <p role="status" data-testid="self-check-result">
        {summaryOf(result)}
      </p>
      <div className="actions">
        <button type="button" data-testid="self-check-download" onClick={save}>
          <Icon of={Download} />
          Download JSON
        </button>
        <CopyButton text={() => markdown} instead={() => "Download the JSON instead."} testId="self-check-copy">
          Copy report
        </CopyButton>
        <span className="check-about">
          Names this GPU, its limits and the browser; nothing is sent. Attach it to an issue to report figures.
        </span>
      </div>
      {failed.length > 0 ? (
        <ul className="notes" data-testid="self-check-failed">
          {failed.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      ) : null}
      {lines.length > 1 ? (
        <ul className="notes">
          {lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      ) : null}
      {tables.map((table) => (
        <ResultTable key={table.title} {...table} />
      ))}
    </div>
  );
}
