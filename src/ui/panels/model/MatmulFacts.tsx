// The matmul kernels of the open model: one for all shapes, or one per class of shapes.
import { matmulText } from "../../../engine/index.ts";
import { whole } from "../../../shared/format.ts";
import type { ModelFacts } from "../../../worker/protocol.ts";
import { Summary } from "../../parts/Summary.tsx";

/** "forward f32 128 960x576" in the words of the table. */
function wordsOf(shape: string): string {
  const [direction = "", precision = "", rows = "", size = ""] = shape.split(" ");
  const what = direction === "forward" ? "forward" : "gradient of the input";
  const matrix = size.split("x").map((width) => whole(Number(width)));
  return `${what}, ${rows === "1" ? "1 row" : `up to ${whole(Number(rows))} rows`}, ${matrix.join(" × ")}, ${precision}`;
}

export function MatmulFacts({ matmul: { table, from, notes } }: Pick<ModelFacts, "matmul">) {
  const classes = Object.entries(table.classes);
  return (
    <details className="memory" data-testid="matmul">
      <Summary>
        Matmul kernels: <span data-testid="matmul-choice">{matmulText(table)}</span>
      </Summary>
      <p data-testid="matmul-from">
        {from === "stored"
          ? "From the measurement stored in this browser for this adapter."
          : "Measured when the model was opened."}
      </p>
      {notes.map((note) => (
        <p key={note} data-testid="matmul-note">
          {note}
        </p>
      ))}
      {classes.length === 0 ? null : (
        <table className="plan">
          <caption>Kernel of each class of shapes; {table.default} for others</caption>
          <tbody>
            {classes.map(([shape, kernel]) => (
              <tr key={shape}>
                <th scope="row">{wordsOf(shape)}</th>
                <td>{kernel}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </details>
  );
}
