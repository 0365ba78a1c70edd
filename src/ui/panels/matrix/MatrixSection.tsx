// The choice of a matrix and of what is shown of it, and its figures once it was read.
import { useMemo, useState } from "react";
import type { KnownFacts } from "../../../worker/protocol.ts";
import { knownModel } from "../../../state/model/shownModel.ts";
import { InlineChoice } from "../../parts/InlineChoice.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";
import { layerRows, type LayerRow } from "../../views/layersView.ts";
import type { MatrixPlace } from "../../views/matrixView.ts";
import { ComparedRuns } from "./ComparedRuns.tsx";
import { CurrentMatrix } from "./CurrentMatrix.tsx";

const FIRST: MatrixPlace = { block: 0, layer: 0 };
const DENSE = { architecture: null, weights: null };

/** What is shown of the matrix. */
type Aspect = "weights" | "change" | "runs";
const ASPECTS: Readonly<Record<Aspect, string>> = {
  weights: "weights and mask",
  change: "change after pruning",
  runs: "difference of two runs",
};

export function MatrixSection() {
  const facts = useStudio(knownModel);
  return facts ? <Chosen facts={facts} /> : null;
}

function Chosen({ facts }: { facts: KnownFacts }) {
  const shown = useStudio((state) => state.shownMatrix);
  const changed = useStudio((state) => state.recovered !== null || state.weights?.recipe.method === "sparsegpt");
  const [wanted, setAspect] = useState<Aspect>("weights");
  const { showMatrix } = useActions();
  const rows = useMemo(() => layerRows(facts, DENSE), [facts]);
  const perBlock = rows.length / facts.layers;
  const place = shown ?? FIRST;
  const row = rows[place.block * perBlock + place.layer];
  const aspect = wanted === "change" && !changed ? "weights" : wanted;
  const aspects = (["weights", ...(changed ? (["change"] as const) : []), "runs"] as const).map((value) => {
    return { value, text: ASPECTS[value] };
  });
  return (
    <>
      <div className="map-bar" role="group" aria-label="Matrix">
        <Place place={place} blocks={facts.layers} rows={rows.slice(0, perBlock)} />
        <InlineChoice label="Show" options={aspects} value={aspect} testId="matrix-aspect" onChange={setAspect} />
        {shown ? null : (
          <button type="button" data-testid="matrix-show" onClick={() => showMatrix(place)}>
            Show these weights
          </button>
        )}
      </div>
      {!shown || !row ? (
        <p className="field-hint" data-testid="matrix-empty">
          Every weight as a pixel, with what pruning removes. Choose a matrix here or in the table of layers.
        </p>
      ) : aspect === "runs" ? (
        <ComparedRuns place={place} row={row} layers={perBlock} facts={facts} />
      ) : (
        <CurrentMatrix place={place} row={row} layers={perBlock} show={aspect} />
      )}
    </>
  );
}

interface PlaceProps {
  place: MatrixPlace;
  blocks: number;
  /** Of a block. */
  rows: readonly LayerRow[];
}

function Place({ place, blocks, rows }: PlaceProps) {
  const { showMatrix } = useActions();
  const numbers = Array.from({ length: blocks }, (_, block) => ({ value: String(block), text: String(block) }));
  const layers = rows.map(({ name }, layer) => ({ value: String(layer), text: name.replace("blocks.0.", "") }));
  return (
    <>
      <InlineChoice
        label="Block"
        options={numbers}
        value={String(place.block)}
        testId="matrix-block"
        onChange={(block) => showMatrix({ ...place, block: Number(block) })}
      />
      <InlineChoice
        label="Matrix"
        options={layers}
        value={String(place.layer)}
        testId="matrix-layer"
        onChange={(layer) => showMatrix({ ...place, layer: Number(layer) })}
      />
    </>
  );
}
