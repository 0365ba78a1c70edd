// Where the zero-shot tasks are: shown once a model is open.
import { Suspense } from "react";
import { later } from "../../parts/later.ts";
import { useStudio } from "../../studioContext.tsx";

const TasksPanel = later(async () => (await import("./TasksPanel.tsx")).TasksPanel);

export function TasksSection() {
  const open = useStudio((state) => state.model.phase === "open");
  return <Suspense>{open ? <TasksPanel /> : null}</Suspense>;
}
