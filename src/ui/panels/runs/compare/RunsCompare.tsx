// Two runs compared: the overlap of what they keep, which of them keeps which dimension, and which predicts which token better.
import { useEffect, useMemo, useState } from "react";
import { comparedMasks, gateMap, overlapTable } from "../../../../charts/index.ts";
import type { GateData, OverlapData } from "../../../../charts/index.ts";
import { EngineError } from "../../../../engine/index.ts";
import type { RunMasks, RunRecord } from "../../../../engine/index.ts";
import { Figure } from "../../../parts/Figure.tsx";
import { useActions } from "../../../studioContext.tsx";
import { overlapOf } from "../../../views/runViews.ts";
import { useValueSource } from "../../../views/useValueSource.ts";
import { LossPerToken } from "./LossPerToken.tsx";
import { mapTable, overlapRows } from "../../../views/figureTables.ts";

interface OverlapProps {
  data: OverlapData;
  /** The masks are of single weights. */
  weights: boolean;
  /** The two runs. */
  of: string;
}

function Overlap({ data, weights, of }: OverlapProps) {
  return (
    <Figure
      name="overlap"
      title="Overlap, block by block"
      caption={`Jaccard index of the kept ${weights ? "weights of each matrix" : "dimensions of each selection"}: of what either run keeps, the share that both keep.`}
      make={overlapTable}
      table={overlapRows}
      of={of}
      source={useValueSource(data)}
    />
  );
}

interface ComparedMapProps {
  data: GateData;
  /** The two runs. */
  of: string;
}

function ComparedMap({ data, of }: ComparedMapProps) {
  return (
    <Figure
      name="compared"
      title="Which run keeps which dimension"
      caption="Kept by both, only A, only B. Bars and strip count what both keep."
      make={gateMap}
      table={mapTable}
      of={of}
      source={useValueSource(data)}
    />
  );
}

interface MasksProps {
  a: RunMasks;
  b: RunMasks;
  /** The two runs. */
  of: string;
}

function Masks({ a, b, of }: MasksProps) {
  const found = useMemo(() => overlapOf(a, b), [a, b]);
  const map = useMemo((): GateData | null => {
    if (!found || a.kind !== "gates") return null;
    const compared = comparedMasks(found.a, found.b);
    const both = compared.map((mask) => mask.map((who) => (who === 3 ? 1 : 0)));
    return { layers: found.a.length / 5, dModel: a.sizes[0] ?? 0, masks: both, compared };
  }, [found, a]);
  if (!found)
    return (
      <p>
        {a.kind === b.kind
          ? "The masks of these runs have different shapes: they can’t be compared."
          : "One run removes dimensions, the other single weights: masks can’t be compared."}
      </p>
    );
  return (
    <div className="runs-pair">
      <Overlap data={found.table} weights={a.kind === "weights"} of={of} />
      {map ? <ComparedMap data={map} of={of} /> : null}
    </div>
  );
}

interface Props {
  a: RunRecord;
  b: RunRecord;
}

/** "A: DISP 50 %, seed 1 vs B: DISP 40 %, seed 1". */
const pairWords = (a: RunRecord, b: RunRecord): string => `A: ${a.name} vs B: ${b.name}`;

export function RunsCompare({ a, b }: Props) {
  const { readRunMasks, notify } = useActions();
  const [masks, setMasks] = useState<readonly [RunMasks, RunMasks] | null>(null);
  useEffect(() => {
    let mounted = true;
    Promise.all([readRunMasks(a.id), readRunMasks(b.id)]).then(
      (both) => mounted && setMasks(both),
      (error: unknown) => notify(EngineError.from(error), "runs"),
    );
    return () => {
      mounted = false;
    };
  }, [a.id, b.id, readRunMasks, notify]);
  return (
    <div className="runs-compare" data-testid="runs-compare">
      <h3>{pairWords(a, b)}</h3>
      {masks ? <Masks a={masks[0]} b={masks[1]} of={pairWords(a, b)} /> : null}
      <LossPerToken a={a} b={b} of={pairWords(a, b)} />
    </div>
  );
}
