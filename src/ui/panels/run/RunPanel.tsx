// The run: its method, its controls and progress, its recipe, and its texts.
import { Suspense } from "react";
import { isPruned } from "../../../state/run/currentPruning.ts";
import { later } from "../../parts/later.ts";
import { useStudio } from "../../studioContext.tsx";
import { MethodField } from "./MethodField.tsx";
import { PresetField } from "./PresetField.tsx";
import { RecipeForm } from "./RecipeForm.tsx";
import { RunControls } from "./RunControls.tsx";
import { RunProgress } from "./RunProgress.tsx";
import { TextChoice } from "./TextChoice.tsx";

const WeightsForm = later(async () => (await import("./weights/WeightsForm.tsx")).WeightsForm);
const RecoverPanel = later(async () => (await import("./recover/RecoverPanel.tsx")).RecoverPanel);

/** Nothing can be recovered before something is pruned, so its scripts are no part of the first picture. */
function Recover() {
  const any = useStudio(
    (state) => isPruned(state) || state.pausedRecovery !== null || state.recovery.phase === "recovering",
  );
  return <Suspense>{any ? <RecoverPanel /> : null}</Suspense>;
}

export function RunPanel() {
  const structural = useStudio((state) => state.method === "disp");
  return (
    <section className="panel" aria-labelledby="run-heading">
      <h2 id="run-heading">Run</h2>
      <MethodField />
      <PresetField />
      {structural ? (
        <>
          <RunControls />
          <RunProgress />
          <Recover />
          <RecipeForm />
        </>
      ) : (
        <>
          <Suspense>
            <WeightsForm />
          </Suspense>
          <Recover />
        </>
      )}
      <TextChoice />
    </section>
  );
}
