// Loads the recovery's panel once there is something to recover, or a paused recovery.
import { Suspense } from "react";
import { isPruned } from "../../../../state/run/currentPruning.ts";
import { later } from "../../../parts/later.ts";
import { useStudio } from "../../../studioContext.tsx";

const RecoverPanel = later(async () => (await import("./RecoverPanel.tsx")).RecoverPanel);

export function Recover() {
  const needed = useStudio(
    (state) => isPruned(state) || state.pausedRecovery !== null || state.recovery.phase === "recovering",
  );
  return <Suspense>{needed ? <RecoverPanel /> : null}</Suspense>;
}
