// The figures of a matrix: its weights, and the histogram of their magnitudes.
import { useEffect, useMemo, useState } from "react";
import {
  magnitudeHistogram,
  type MatrixData,
  type NamedKeep,
  weightMatrix,
  type WeightMatrixOptions,
} from "../../../charts/index.ts";
import { EngineError } from "../../../engine/index.ts";
import type { MatrixView } from "../../../worker/protocol.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { Figure } from "../../parts/Figure.tsx";
import { InlineChoice } from "../../parts/InlineChoice.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";
import { matrixReader } from "../../views/matrixReader.ts";
import { magnitudesTable, type MatrixPlace, matrixTable } from "../../views/matrixView.ts";
import { useValueSource } from "../../views/useValueSource.ts";

interface Props {
  place: MatrixPlace;
  /** Of the layer. */
  name: string;
  keeps: readonly NamedKeep[];
  show: "weights" | "change";
  /** What a saved picture is of. */
  of: string;
}

/** What was read, with what it was read for. */
interface Read extends Pick<Props, "place" | "name" | "keeps" | "show"> {
  view: MatrixView;
}

function useMatrix({ place, name, keeps, show }: Omit<Props, "of">) {
  const { readMatrix } = useActions();
  const model = useStudio((state) => state.model);
  const [read, setRead] = useState<Read | null>(null);
  const [error, setError] = useState<EngineError | null>(null);
  const [pending, setPending] = useState<Omit<Read, "view"> | null>(null);
  const [ask] = useState(() => {
    const asked = new WeakMap<object, Omit<Read, "view">>();
    const reader = matrixReader({
      read: readMatrix,
      shown(request, view) {
        const wanted = asked.get(request);
        setError(null);
        if (wanted) setRead({ ...wanted, view });
      },
      failed: (cause) => {
        const found = EngineError.from(cause);
        if (found.code !== "cancelled") setError(found);
      },
    });
    return (wanted: Omit<Read, "view">): void => {
      const { place: at, keeps: named } = wanted;
      const request = { ...at, area: null, keeps: named.map(({ keep }) => keep), show: wanted.show };
      asked.set(request, wanted);
      setPending(wanted);
      reader(request);
    };
  });
  useEffect(() => ask({ place, name, keeps, show }), [ask, place, name, keeps, show, model]);
  return { read, error, reading: pending !== null && read?.keeps !== pending.keeps };
}

type Shade = MatrixData["shade"];
const SHADES: readonly { value: Shade; text: string }[] = [
  { value: "largest", text: "largest" },
  { value: "mean", text: "mean" },
];

export function MatrixFigures({ of, ...wanted }: Props) {
  const { read, error, reading } = useMatrix(wanted);
  const [shade, setShade] = useState<Shade>("largest");
  return (
    <>
      <p className="field-hint" role="status" data-testid="matrix-status">
        {reading && !error ? `Reading ${wanted.name}…` : ""}
      </p>
      {error ? <ErrorNote error={error} context="measuring" testId="matrix-error" /> : null}
      {read ? <Figures {...{ read, of, shade, setShade }} /> : null}
    </>
  );
}

interface FiguresProps {
  read: Read;
  of: string;
  shade: Shade;
  setShade: (shade: Shade) => void;
}

const CAPTIONS = {
  weights:
    "Rows: outputs; columns: inputs. The darker (in the dark theme: the lighter), the larger the weight; a stroke crosses removed weights from 8 pixels on. Zoom with Ctrl and the wheel, the buttons or + and −; drag to move; arrow keys go from cell to cell.",
  change:
    "What refitting, recovery or SparseGPT added to each kept weight of the file. Rows: outputs; columns: inputs. Zoom with Ctrl and the wheel, the buttons or + and −; drag to move.",
  runs: "Which run keeps which weight. Rows: outputs; columns: inputs. Zoom with Ctrl and the wheel, the buttons or + and −; drag to move; arrow keys go from cell to cell.",
} as const;

const HISTOGRAM_TITLES = {
  weights: "Magnitudes, kept against removed",
  change: "How much the kept weights changed",
  runs: "Magnitudes, by the run that keeps them",
} as const;

function Figures({ read, of, shade, setShade }: FiguresProps) {
  const { readMatrix } = useActions();
  const { place, name, keeps, show, view } = read;
  const data = useMemo((): MatrixData => {
    return { name, shape: view.shape, cells: view, keeps, values: show, shade };
  }, [view, name, keeps, show, shade]);
  const source = useValueSource(data);
  const make = useMemo(() => {
    const part: WeightMatrixOptions["read"] = ({ keeps: own, values }, area) =>
      readMatrix({ ...place, area, keeps: own.map(({ keep }) => keep), show: values });
    return (node: HTMLElement) => weightMatrix(node, { read: part });
  }, [readMatrix, place]);
  const caption = CAPTIONS[keeps.length > 1 ? "runs" : show];
  return (
    <div className="weights-pair matrix-pair">
      <Figure
        name="matrix"
        title={name}
        caption={caption}
        make={make}
        source={source}
        table={matrixTable}
        of={of}
        tools={
          view.step > 1 && keeps.length < 2 ? (
            <div className="map-bar">
              <InlineChoice
                label="Cells show the"
                options={SHADES}
                value={shade}
                testId="matrix-shade"
                onChange={setShade}
              />
            </div>
          ) : null
        }
      />
      <Figure
        name="magnitudes"
        title={HISTOGRAM_TITLES[keeps.length > 1 ? "runs" : show]}
        caption={
          keeps.length === 0
            ? "Weights by magnitude. Nothing is pruned yet."
            : "Weights by magnitude, stacked: what is kept below, what is removed above."
        }
        make={magnitudeHistogram}
        source={source}
        table={magnitudesTable}
        of={of}
      />
    </div>
  );
}
