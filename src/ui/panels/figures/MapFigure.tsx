// The gate map: which dimensions survive. While single weights are pruned it keeps all, and says where to look instead.
import { Suspense, useMemo, useState } from "react";
import { useStore } from "zustand";
import { gateMap, type GateMapChart } from "../../../charts/index.ts";
import { Figure } from "../../parts/Figure.tsx";
import { FigureLink } from "../../parts/FigureLink.tsx";
import { later } from "../../parts/later.ts";
import { useStudio, useStudioStore } from "../../studioContext.tsx";
import { gateSource } from "../../views/chartSources.ts";
import { mapTable } from "../../views/figureTables.ts";
import { mapLook } from "../../views/mapLook.ts";

const MapTools = later(async () => (await import("./MapTools.tsx")).MapTools);

const CAPTIONS = {
  embedding:
    "Rows: the places in each block where dimensions are selected (attention in/out, MLP in/out). Columns: embedding dimensions. Right: share kept of each row. Bottom: share of the rows that keep each dimension.",
  middle:
    "Rows: the middle of each block’s MLP (s4). Columns: its neurons, which are other ones in each block. Right: share kept of each row. Bottom: share of the blocks that keep the neuron of this number.",
} as const;

export function MapFigure() {
  const studio = useStudioStore();
  const [look] = useState(mapLook);
  const [chart, setChart] = useState<GateMapChart | null>(null);
  const source = useMemo(() => gateSource(studio, look), [studio, look]);
  const make = useMemo(
    () => (node: HTMLElement) => {
      const made = gateMap(node);
      setChart(made);
      return made;
    },
    [],
  );
  const { side, past } = useStore(look);
  const opened = useStudio((state) => state.model.phase === "open");
  const singleWeights = useStudio((state) => state.weights !== null);
  return (
    <>
      {singleWeights ? (
        <p className="note" data-testid="map-whole">
          <span>
            Single-weight pruning keeps every dimension. Which weights survive: <FigureLink name="weight-map" />.
          </span>
        </p>
      ) : null}
      <Figure
        name="map"
        title="Which dimensions survive"
        caption={CAPTIONS[side]}
        make={make}
        table={mapTable}
        source={source}
        past={past?.words ?? null}
        tools={
          <div className="map-tools">
            <Suspense>{chart && opened ? <MapTools chart={chart} look={look} /> : null}</Suspense>
          </div>
        }
      />
    </>
  );
}
