// Two runs side by side: what was measured of each, the difference, which is better at what, and what cannot be compared.
import { useMemo } from "react";
import type { RunRecord } from "../../../../engine/index.ts";
import { useStudio } from "../../../studioContext.tsx";
import { WithTerms } from "../../../terms/WithTerms.tsx";
import { verdictOf, type VerdictRow } from "./verdict.ts";

/** Marks the better value, also for those who do not see the weight of its letters. */
function Value({ text, better }: { text: string; better: boolean }) {
  return (
    <td data-better={better}>
      {text}
      {better ? <span className="unseen"> (better)</span> : null}
    </td>
  );
}

function Row({ what, a, b, difference, better }: VerdictRow) {
  return (
    <tr data-testid="verdict-row">
      <th scope="row">
        <WithTerms>{what}</WithTerms>
      </th>
      <Value text={a} better={better === "a"} />
      <Value text={b} better={better === "b"} />
      <td>{difference ?? "not compared"}</td>
    </tr>
  );
}

interface Props {
  a: RunRecord;
  /** Null: the dense model. */
  b: RunRecord | null;
}

export function VerdictTable({ a, b }: Props) {
  const adapter = useStudio(({ model }) => (model.phase === "open" ? model.facts.adapter.name : null));
  const { rows, sentence, cannot } = useMemo(() => verdictOf(a, b, adapter), [a, b, adapter]);
  return (
    <div className="verdict" data-testid="verdict">
      <p className="verdict-sentence" data-testid="verdict-sentence">
        {sentence}
      </p>
      {cannot.length > 0 ? (
        <ul className="verdict-cannot" data-testid="verdict-cannot">
          {cannot.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      ) : null}
      <div className="wide-table" tabIndex={0} role="group" aria-label="A, B and their difference">
        <table>
          <thead>
            <tr>
              <td />
              <th scope="col">A: {a.name}</th>
              <th scope="col">B: {b ? b.name : "dense model"}</th>
              <th scope="col">B − A</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.what} {...row} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
