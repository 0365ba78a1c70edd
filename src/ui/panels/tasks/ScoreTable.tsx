// Zero-shot scores as a table: one row per measure, one column per model, with what they are of, and as CSV.
import { Fragment, useMemo } from "react";
import type { RunScores } from "../../../engine/index.ts";
import { whole } from "../../../shared/format.ts";
import { scoreCsv, scoreRows, type ScoreRow, scoreText, taskTitle } from "../../../shared/scoreTable.ts";
import { titleOf } from "../../../shared/texts.ts";
import type { StudioState } from "../../../state/storeState.ts";
import { shownScores } from "../../../state/scores/scoresSlice.ts";
import { TableHead } from "../../parts/TableHead.tsx";
import { CopyButton } from "../../parts/CopyButton.tsx";
import { useStudio } from "../../studioContext.tsx";

const scoresOf = (state: StudioState): RunScores | null => shownScores(state)?.scores ?? null;
const wordsOf = (state: StudioState): string => shownScores(state)?.words ?? "";
const isCurrent = (state: StudioState): boolean => shownScores(state)?.current ?? true;

/** Rows of one task, or of agreement, under a title. */
interface Group {
  title: string;
  rows: ScoreRow[];
}

function groupsOf(scores: RunScores, rows: readonly ScoreRow[]): Group[] {
  const { text, tokens } = scores;
  const agreement = { task: null, title: `Agreement with dense: ${titleOf(text)}, ${whole(tokens)} tokens` };
  const tasks = scores.tasks.map((task) => ({ task: task.task, title: `${taskTitle(task)}: ${titleOf(task.source)}` }));
  return [...tasks, agreement]
    .map(({ task, title }) => ({ title, rows: rows.filter((row) => row.task === task) }))
    .filter((group) => group.rows.length > 0);
}

function Table({ scores, stopped }: { scores: RunScores; stopped: boolean }) {
  const words = useStudio(wordsOf);
  const current = useStudio(isCurrent);
  const names = scores.models.map(({ model }) => model);
  const rows = useMemo(() => {
    const columns = scores.models.map((one) => ({ ...one, name: one.model }));
    return scoreRows(
      scores.tasks.map(({ task }) => task),
      columns,
    );
  }, [scores]);
  return (
    <>
      <p className="export-table-of" role="status" data-testid="scores-of" data-behind={!current}>
        Scores of <strong>{words}</strong>
        {current ? "" : ", which is not shown now"}. With standard errors; differences are of the same items.
        {stopped ? " Stopped before the end." : ""}
      </p>
      <div className="wide-table tasks-table" tabIndex={0} role="group" aria-labelledby="tasks-heading">
        <table data-testid="scores-table">
          <TableHead names={["measure", ...names]} />
          <tbody>
            {groupsOf(scores, rows).map(({ title, rows: own }) => (
              <Fragment key={title}>
                <tr>
                  <th scope="rowgroup" colSpan={names.length + 1} className="tasks-task">
                    {title}
                  </th>
                </tr>
                {own.map(({ measure, unit, cells }) => (
                  <tr key={measure} data-testid="scores-row">
                    <th scope="row">{measure}</th>
                    {names.map((name, i) => (
                      <td key={name}>{scoreText(unit, cells[i] ?? null) || "–"}</td>
                    ))}
                  </tr>
                ))}
              </Fragment>
            ))}
          </tbody>
        </table>
      </div>
      <p className="actions">
        <CopyButton
          text={() => scoreCsv(rows, names)}
          instead={() => "Select the table and copy it instead."}
          context="measuring"
          testId="scores-copy"
        >
          Copy as CSV
        </CopyButton>
      </p>
    </>
  );
}

export function ScoreTable() {
  const scores = useStudio(scoresOf);
  const stopped = useStudio(
    ({ scores: now }) => now.phase !== "none" && now.last !== null && now.last.scores === scores && now.last.stopped,
  );
  if (scores)
    return (
      <div>
        <Table scores={scores} stopped={stopped} />
      </div>
    );
  return (
    <p className="export-empty" data-testid="scores-empty">
      Accuracies of the dense, the pruned and the recovered model on the same items appear here, with how often the next
      token is the same and the KL divergence from the dense model.
    </p>
  );
}
