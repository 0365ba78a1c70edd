// The run: its method, its controls and progress, its recipe, and its texts.
import { Suspense } from "react";
import { later } from "../../parts/later.ts";
import { useStudio } from "../../studioContext.tsx";
import { MethodField } from "./MethodField.tsx";
import { PresetField } from "./PresetField.tsx";
import { RecipeForm } from "./RecipeForm.tsx";
import { Recover } from "./recover/Recover.tsx";
import { RunControls } from "./RunControls.tsx";
import { RunProgress } from "./RunProgress.tsx";
import { TextChoice } from "./TextChoice.tsx";

const WeightsForm = later(async () => (await import("./weights/WeightsForm.tsx")).WeightsForm);

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
