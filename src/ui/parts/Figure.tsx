// A numbered figure: title, chart, caption, and buttons that save it.
import { useRef } from "react";
import { savePng, saveSvg } from "../../charts/index.ts";
import type { Chart as Drawn } from "../../charts/index.ts";
import { EngineError } from "../../engine/index.ts";
import { useActions } from "../studioContext.tsx";
import { ChartView } from "./ChartView.tsx";
import type { ChartHandle, Source } from "./ChartView.tsx";
import { WithTerms } from "../terms/WithTerms.tsx";
import { useNumbered } from "./figureNumbers.ts";

interface Props<Data> {
  /** Unique on the page; stem of the saved files, of the id and of the test ids. */
  name: string;
  title: string;
  /** One or two sentences on how to read the chart. */
  caption: string;
  /** Draws the chart into a node; stable between renders. */
  make: (node: HTMLElement) => Drawn<Data>;
  /** Stable between renders. */
  source: Source<Data>;
}

export function Figure<Data>({ name, title, caption, make, source }: Props<Data>) {
  const chart = useRef<ChartHandle>(null);
  const figure = useRef<HTMLElement>(null);
  const number = useNumbered(name, figure);
  const { notify } = useActions();
  const png = (): void => {
    if (chart.current)
      savePng(chart.current, `espalier-${name}`, title).catch((error: unknown) => notify(EngineError.from(error)));
  };
  return (
    <figure className="figure" id={`figure-${name}`} data-testid={`figure-${name}`} ref={figure}>
      <div className="figure-head">
        <h2>
          <span className="figure-number">Fig. {number}</span> {title}
        </h2>
        <div className="figure-save">
          <button
            type="button"
            className="link"
            aria-label={`Save figure ${number} as SVG`}
            onClick={() => chart.current && saveSvg(chart.current, `espalier-${name}`, title)}
          >
            SVG
          </button>
          <button type="button" className="link" aria-label={`Save figure ${number} as PNG`} onClick={png}>
            PNG
          </button>
        </div>
      </div>
      <ChartView make={make} source={source} ref={chart} />
      <figcaption>
        <WithTerms>{caption}</WithTerms>
      </figcaption>
    </figure>
  );
}
