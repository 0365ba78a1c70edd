// Where the zero-shot tasks are. Their scripts load once a model is open; the place is theirs before, so that nothing below moves.
import { Suspense } from "react";
import { later } from "../../parts/later.ts";
import { useOnceOpened } from "../../parts/useOnceOpened.ts";
import { useStudio } from "../../studioContext.tsx";

const TasksPanel = later(async () => (await import("./TasksPanel.tsx")).TasksPanel);

export function TasksSection() {
  const opened = useOnceOpened();
  const open = useStudio((state) => state.model.phase === "open");
  return (
    <section className="tasks" aria-labelledby="tasks-heading" data-testid="tasks">
      <h2 id="tasks-heading">Zero-shot tasks</h2>
      <Suspense>{open && opened ? <TasksPanel /> : null}</Suspense>
    </section>
  );
}
