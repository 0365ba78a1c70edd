// A numbered figure: title, chart or its numbers as a table, caption, and buttons that save and copy it.
import { useEffect, useRef, useState } from "react";
import { saveFile, savePng, saveSvg } from "../../charts/index.ts";
import type { ReactNode } from "react";
import { Download, Table2, type IconNode } from "lucide";
import type { Chart as Drawn } from "../../charts/index.ts";
import { EngineError } from "../../engine/index.ts";
import { csvOf } from "../../shared/csv.ts";
import { pictureTitle } from "../../state/run/shown.ts";
import { useActions, useStudioStore } from "../studioContext.tsx";
import { WithTerms } from "../terms/WithTerms.tsx";
import type { FigureTable } from "../views/figureTables.ts";
import { ChartView } from "./ChartView.tsx";
import type { ChartHandle, Source } from "./ChartView.tsx";
import { useNumbered } from "./figureNumbers.ts";
import { NumberTable } from "./NumberTable.tsx";
import { CopyButton } from "./CopyButton.tsx";
import { Icon } from "./Icon.tsx";

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
  /** The data as numbers. */
  table: (data: Data) => FigureTable;
  /** Controls above the chart. */
  tools?: ReactNode;
  /** What is shown where it is not the current state; also in saved pictures and numbers. */
  past?: string | null;
  /** What a saved picture is of; default: the model and the current pruning. */
  of?: string;
}

export function Figure<Data>({ name, title, caption, make, source, table, tools, past = null, of }: Props<Data>) {
  const figure = useRef<HTMLElement>(null);
  const chart = useRef<ChartHandle>(null);
  const number = useNumbered(name, figure);
  const [asTable, setAsTable] = useState(false);
  const read = (): FigureTable | null => {
    const data = source.read();
    return data === null ? null : table(data);
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
            aria-pressed={asTable}
            aria-label={`Figure ${number} as a table`}
            onClick={() => setAsTable(!asTable)}
          >
            <Icon of={Table2} />
            Table
          </button>
          <Save {...{ name, title, number, past, read, of }} chart={() => chart.current} />
        </div>
      </div>
      {tools}
      {asTable ? (
        <LiveTable
          source={source}
          table={table}
          label={`Figure ${number}: ${[title, past].filter(Boolean).join(", ")}`}
        />
      ) : null}
      <div hidden={asTable}>
        <ChartView make={make} source={source} ref={chart} />
      </div>
      <figcaption>
        <WithTerms>{caption}</WithTerms>
      </figcaption>
    </figure>
  );
}

interface SaveProps {
  name: string;
  title: string;
  number: number | null;
  past: string | null;
  read: () => FigureTable | null;
  of: string | undefined;
  chart: () => ChartHandle | null;
}

/** The figure as a picture and as numbers. Pictures carry what they are of. */
function Save({ name, title, number, past, read, of, chart }: SaveProps) {
  const { store } = useStudioStore();
  const { notify } = useActions();
  const heading = (): string => {
    const subject = [of ?? pictureTitle(store.getState()), past].filter(Boolean).join("; ");
    return `${title}\n${subject}`;
  };
  const stem = `espalier-${name}${past === null ? "" : "-replay"}`;
  const csv = (): string => {
    const found = read();
    return found ? csvOf(found.head, found.rows) : "";
  };
  const picture = (save: (drawn: ChartHandle, stem: string, heading: string) => void | Promise<void>) => (): void => {
    const drawn = chart();
    if (drawn) Promise.resolve(save(drawn, stem, heading())).catch((error: unknown) => notify(EngineError.from(error)));
  };
  // one arrow for the three files, at the first
  const buttons: readonly { icon?: IconNode; text: string; label: string; act: () => void }[] = [
    { icon: Download, text: "SVG", label: `Save figure ${number} as SVG`, act: picture(saveSvg) },
    { text: "PNG", label: `Save figure ${number} as PNG`, act: picture(savePng) },
    {
      ...{ text: "CSV", label: `Save figure ${number} as CSV` },
      act: () => saveFile(new Blob([csv()], { type: "text/csv" }), `${stem}.csv`),
    },
  ];
  return (
    <>
      {buttons.map(({ icon, text, label, act }) => (
        <button key={label} type="button" className="link" aria-label={label} onClick={act}>
          {icon ? <Icon of={icon} /> : null}
          {text}
        </button>
      ))}
      <CopyButton
        text={csv}
        instead={() => "Save the figure as CSV instead."}
        label={`Copy the numbers of figure ${number}`}
        className="link"
      />
    </>
  );
}

/** How often a table follows its data. */
const FOLLOW_MS = 500;

interface LiveProps<Data> {
  source: Source<Data>;
  table: (data: Data) => FigureTable;
  label: string;
}

function LiveTable<Data>({ source, table, label }: LiveProps<Data>) {
  const [data, setData] = useState(() => source.read());
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const leave = source.subscribe(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        setData(source.read());
      }, FOLLOW_MS);
    });
    return () => {
      clearTimeout(timer);
      leave();
    };
  }, [source]);
  return data === null ? null : <NumberTable {...table(data)} label={label} />;
}
