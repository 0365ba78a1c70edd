// Where the recovery is: shown once something is pruned, and while a recovery is paused.
import { Suspense } from "react";
import { isPruned } from "../../../../state/run/currentPruning.ts";
import { later } from "../../../parts/later.ts";
import { useStudio } from "../../../studioContext.tsx";

const RecoverPanel = later(async () => (await import("./RecoverPanel.tsx")).RecoverPanel);

export function Recover() {
  const pruned = useStudio((state) => isPruned(state) && state.run.phase !== "training");
  const running = useStudio((state) => state.recovery.phase === "recovering");
  const paused = useStudio((state) => state.pausedRecovery !== null && state.run.phase !== "training");
  if (!pruned && !running && !paused) return null;
  return (
    <Suspense>
      <RecoverPanel {...{ pruned, running, paused }} />
    </Suspense>
  );
}
