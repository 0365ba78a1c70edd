// The gate map: which dimensions survive. While single weights are pruned it keeps all, and says where to look instead.
import { useMemo } from "react";
import { gateMap } from "../../../charts/index.ts";
import { Figure } from "../../parts/Figure.tsx";
import { FigureLink } from "../../parts/FigureLink.tsx";
import { useStudio, useStudioStore } from "../../studioContext.tsx";
import { gateSource } from "../../views/chartSources.ts";
import { mapTable } from "../../views/figureTables.ts";
import { MAP_CAPTION } from "./captions.ts";

export function MapFigure() {
  const studio = useStudioStore();
  const source = useMemo(() => gateSource(studio), [studio]);
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
        caption={MAP_CAPTION}
        make={gateMap}
        table={mapTable}
        source={source}
      />
    </>
  );
}
