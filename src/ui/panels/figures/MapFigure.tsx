// The gate map: which dimensions survive. While single weights are pruned it keeps all, and says where to look instead.
import { useMemo } from "react";
import { gateMap } from "../../../charts/index.ts";
import { Figure } from "../../parts/Figure.tsx";
import { FigureLink } from "../../parts/FigureLink.tsx";
import { useStudio, useStudioStore } from "../../studioContext.tsx";
import { gateSource } from "../../views/chartSources.ts";
import { mapTable } from "../../views/figureTables.ts";

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
        caption="Rows: the places in each block where dimensions are selected (attention in/out, MLP in/out). Columns: embedding dimensions. Right: share kept of each row. Bottom: share of the rows that keep each dimension."
        make={gateMap}
        table={mapTable}
        source={source}
      />
    </>
  );
}
