// The panel of the tour. The page below it stays usable; Escape ends it, and the focus goes back.
import { useEffect, useRef, useState } from "react";
import { ArrowLeft, ArrowRight, X } from "lucide";
import { goTo } from "../parts/goTo.ts";
import { Icon } from "../parts/Icon.tsx";
import { useActions, useStudio } from "../studioContext.tsx";
import { TOUR, type TourStep } from "./tourSteps.ts";

export function Tour() {
  const shown = useStudio((state) => state.tour);
  const step = shown === null ? undefined : TOUR[shown];
  return step && shown !== null ? <Panel step={step} index={shown} /> : null;
}

/** Draws a frame around what a step explains, for as long as the step is shown. */
function useMarked(id: string): void {
  useEffect(() => {
    const target = document.getElementById(id);
    const marked = target?.closest("figure, section, .result") ?? target;
    target?.scrollIntoView({ block: "center" });
    marked?.setAttribute("data-toured", "");
    return () => marked?.removeAttribute("data-toured");
  }, [id]);
}

function Panel({ step, index }: { step: TourStep; index: number }) {
  const { showTour } = useActions();
  const panel = useRef<HTMLElement>(null);
  const [before] = useState(() => document.activeElement);
  useMarked(step.at);
  useEffect(() => panel.current?.focus({ preventScroll: true }), [index]);
  const end = (): void => {
    showTour(null);
    if (before instanceof HTMLElement && before !== document.body) before.focus({ preventScroll: true });
    else goTo("run-heading");
  };
  const last = index === TOUR.length - 1;
  return (
    <section
      ref={panel}
      tabIndex={-1}
      className="tour"
      aria-label={`Tour, step ${index + 1} of ${TOUR.length}`}
      data-testid="tour"
      onKeyDown={({ key }) => {
        if (key === "Escape") end();
      }}
    >
      <h2>{step.title}</h2>
      <p aria-live="polite">{step.text}</p>
      {step.action ? <StepAction action={step.action} /> : null}
      <div className="tour-foot">
        <span>
          {index + 1} of {TOUR.length}
        </span>
        <button type="button" className="link" data-testid="tour-end" onClick={end}>
          <Icon of={X} />
          {last ? "Close" : "End the tour"}
        </button>
        {index > 0 ? (
          <button type="button" data-testid="tour-back" onClick={() => showTour(index - 1)}>
            <Icon of={ArrowLeft} />
            Back
          </button>
        ) : null}
        {last ? null : (
          <button type="button" className="primary" data-testid="tour-next" onClick={() => showTour(index + 1)}>
            Next
            <Icon of={ArrowRight} />
          </button>
        )}
      </div>
    </section>
  );
}

function StepAction({ action }: { action: NonNullable<TourStep["action"]> }) {
  const able = useStudio(action.able);
  const idle = useStudio((state) => state.run.phase === "idle" && state.pendingCommand === null);
  const actions = useActions();
  return (
    <button type="button" disabled={!able} data-testid="tour-act" onClick={() => action.act(actions)}>
      {idle ? action.label : "Started"}
    </button>
  );
}
