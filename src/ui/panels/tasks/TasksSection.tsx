// Where the zero-shot tasks are: shown once a model is open and the page has what it needs first.
import { Suspense } from "react";
import { later } from "../../parts/later.ts";
import { useOnceOpened } from "../../parts/useOnceOpened.ts";
import { useStudio } from "../../studioContext.tsx";

const TasksPanel = later(async () => (await import("./TasksPanel.tsx")).TasksPanel);

export function TasksSection() {
  const opened = useOnceOpened();
  const open = useStudio((state) => state.model.phase === "open");
  return <Suspense>{open && opened ? <TasksPanel /> : null}</Suspense>;
}
