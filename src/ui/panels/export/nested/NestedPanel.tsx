// Several ratios of a run for every ratio as one model: which ratios, the preparation, and what was found for each.
import { ErrorNote } from "../../../parts/ErrorNote.tsx";
import { TaskProgress } from "../../../parts/TaskProgress.tsx";
import { useActions, useStudio } from "../../../studioContext.tsx";
import { NestedForm } from "./NestedForm.tsx";
import { NestedResults } from "./NestedResults.tsx";

interface Props {
  /** There is something to export, and the GPU is free. */
  ready: boolean;
  /** An export is being prepared or saved. */
  busy: boolean;
}

/** Shown for a run for every ratio only, and while there is an earlier nested model that can still be saved. */
export function NestedPanel({ ready, busy }: Props) {
  const nested = useStudio((state) => state.nested);
  const bounds = useStudio(({ architecture }) => architecture?.trainedFor);
  const { cancelNested } = useActions();
  const { last } = nested;
  if (!bounds && !last && nested.phase !== "preparing") return null;
  return (
    <section className="nested" data-testid="nested" aria-labelledby="nested-heading">
      <h3 id="nested-heading">
        Nested{" "}
        <span className="export-what">several ratios of this run in one model, the smaller inside the larger</span>
      </h3>
      {nested.phase === "preparing" ? (
        <TaskProgress task="export" label="Waiting for the GPU, then measuring each ratio…" cancel={cancelNested} />
      ) : bounds ? (
        <NestedForm bounds={bounds} ready={ready} />
      ) : null}
      {nested.phase === "failed" ? <ErrorNote error={nested.error} context="export" testId="nested-error" /> : null}
      {last ? <NestedResults found={last} busy={busy} /> : null}
    </section>
  );
}
