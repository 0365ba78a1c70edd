// A numbered figure: title, the chart, one line on what it shows, and buttons that save it.
import { useRef } from "react";
import { savePng, saveSvg } from "../../charts/index.ts";
import type { Chart as Drawn } from "../../charts/index.ts";
import { EngineError } from "../../engine/index.ts";
import { ChartView } from "./ChartView.tsx";
import type { ChartHandle, Source } from "./ChartView.tsx";
import { useActions } from "../studioContext.tsx";

interface Props<Data> {
  number: number;
  /** Stem of saved files and of the test ids. */
  name: string;
  title: string;
  caption: string;
  make: (node: HTMLElement) => Drawn<Data>;
  source: Source<Data>;
}

export function Figure<Data>({ number, name, title, caption, make, source }: Props<Data>) {
  const chart = useRef<ChartHandle>(null);
  const { notify } = useActions();
  const png = (): void => {
    if (chart.current)
      savePng(chart.current, `espalier-${name}`, title).catch((error: unknown) => notify(EngineError.from(error)));
  };
  return (
    <figure className="figure" data-testid={`figure-${name}`}>
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
      <figcaption>{caption}</figcaption>
    </figure>
  );
}
