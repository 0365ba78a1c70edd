// Zero-shot tasks: which are chosen, their progress, and the scores of dense, pruned and recovered model side by side.
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { TaskProgress } from "../../parts/TaskProgress.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";
import { ScoreTable } from "./ScoreTable.tsx";
import { TaskForm } from "./TaskForm.tsx";

export function TasksPanel() {
  const measuring = useStudio((state) => state.scores.phase === "measuring");
  const error = useStudio(({ scores }) => (scores.phase === "failed" ? scores.error : null));
  const { stopScores } = useActions();
  return (
    <div className="tasks-bench">
      <div>
        <TaskForm />
        {measuring ? (
          <TaskProgress task="scores" label="Scoring" stop="Stop" cancel={stopScores} testId="scores" />
        ) : null}
        {error ? <ErrorNote error={error} context="measuring" testId="scores-error" /> : null}
      </div>
      <ScoreTable />
    </div>
  );
}
