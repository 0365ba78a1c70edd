// One matrix at the level of weights; its scripts load once a model is open.
import { Suspense } from "react";
import { isOpened } from "../../../state/model/shownModel.ts";
import { later } from "../../parts/later.ts";
import { useStudio } from "../../studioContext.tsx";

const MatrixSection = later(async () => (await import("./MatrixSection.tsx")).MatrixSection);

export function MatrixPanel() {
  const opened = useStudio(isOpened);
  return (
    <section className="weights matrix" aria-labelledby="matrix-heading" data-testid="matrix">
      <h2 id="matrix-heading">Weights of one matrix</h2>
      <Suspense>{opened ? <MatrixSection /> : null}</Suspense>
    </section>
  );
}
