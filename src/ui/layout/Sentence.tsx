// What the page does, in plain words, and the ways to see it without reading on.
import { BookA, Compass, Images } from "lucide";
import { goTo } from "../parts/goTo.ts";
import { Icon } from "../parts/Icon.tsx";
import { useActions, useStudio } from "../studioContext.tsx";
import { WithTerms } from "../terms/WithTerms.tsx";

export function Sentence() {
  const { showDialog, showTour, showExamples } = useActions();
  const shown = useStudio(({ examples }) => examples !== null);
  return (
    <div className="sentence">
      <p>
        <WithTerms>
          Espalier makes a language model smaller while you watch: it learns which dimensions the model can do without
          (sand), keeps the others (green), and measures what that costs in perplexity. Press Train.
        </WithTerms>
      </p>
      <button type="button" className="link" data-testid="open-tour" onClick={() => showTour(0)}>
        <Icon of={Compass} />
        Take the tour
      </button>
      <button
        type="button"
        className="link"
        data-testid="open-examples"
        onClick={() => void (shown ? goTo("runs-title") : showExamples())}
      >
        <Icon of={Images} />
        {shown ? "Go to the examples" : "Show finished examples"}
      </button>
      <button type="button" className="link" data-testid="open-glossary" onClick={() => showDialog("glossary")}>
        <Icon of={BookA} />
        Terms
      </button>
    </div>
  );
}
