// Where the budget went, one block as boxes and wires, and the gate logits; loaded once a model is open.
import { Suspense } from "react";
import { isOpened } from "../../../state/model/shownModel.ts";
import { later } from "../../parts/later.ts";
import { useStudio } from "../../studioContext.tsx";

const Figures = later(async () => (await import("./Figures.tsx")).InsideFigures);

export function AnatomyFigures() {
  // its scripts are no part of the first picture, and load with those of other parts
  const opened = useStudio(isOpened);
  return (
    <section className="anatomy" aria-label="Inside the pruned model" data-testid="anatomy">
      <Suspense>{opened ? <Figures /> : null}</Suspense>
    </section>
  );
}
