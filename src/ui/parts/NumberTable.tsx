// A table of numbers that scrolls in its own frame. Very large ones are cut: the CSV has everything.
import { whole } from "../../shared/format.ts";
import type { FigureTable } from "../views/figureTables.ts";

const MOST_ROWS = 300;
const MOST_COLUMNS = 40;

export function NumberTable({ head, rows, label }: FigureTable & { label: string }) {
  const [moreRows, moreColumns] = [rows.length - MOST_ROWS, head.length - MOST_COLUMNS];
  const more = [
    ...(moreRows > 0 ? [`${whole(moreRows)} more rows`] : []),
    ...(moreColumns > 0 ? [`${whole(moreColumns)} more columns`] : []),
  ];
  return (
    <>
      <div className="wide-table number-table" tabIndex={0} role="group" aria-label={label} data-testid="number-table">
        <table>
          <thead>
            <tr>
              {head.slice(0, MOST_COLUMNS).map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MOST_ROWS).map((row, i) => (
              <tr key={i}>
                {row.slice(0, MOST_COLUMNS).map((value, k) => (
                  <td key={k}>{value}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more.length > 0 ? <p className="field-hint">{more.join(" and ")} are in the CSV.</p> : null}
    </>
  );
}
