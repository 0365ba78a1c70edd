// The gate map: which dimensions survive. While single weights are pruned it keeps all, and says where to look instead.
import { Suspense, useMemo, useState } from "react";
import { useStore } from "zustand";
import { gateMap, type GateMapChart } from "../../../charts/index.ts";
import { isOpened } from "../../../state/model/shownModel.ts";
import { Figure } from "../../parts/Figure.tsx";
import { FigureLink } from "../../parts/FigureLink.tsx";
import { later } from "../../parts/later.ts";
import { useStudio, useStudioStore } from "../../studioContext.tsx";
import { gateSource } from "../../views/chartSources.ts";
import { mapTable } from "../../views/figureTables.ts";
import { mapLook } from "../../views/mapLook.ts";
import { MAP_CAPTION, MIDDLE_CAPTION } from "./captions.ts";

const MapTools = later(async () => (await import("./MapTools.tsx")).MapTools);

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
  // its scripts are no part of the first picture, and load with those of other parts
  const opened = useStudio(isOpened);
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
        caption={side === "middle" ? MIDDLE_CAPTION : MAP_CAPTION}
        make={make}
        table={mapTable}
        source={source}
        past={past?.words ?? null}
        tools={
          <div className="map-tools">
            <div>
              <Suspense>{chart && opened ? <MapTools chart={chart} look={look} /> : null}</Suspense>
            </div>
          </div>
        }
      />
    </>
  );
}
