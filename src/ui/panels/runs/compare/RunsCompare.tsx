// Two runs, or a run and the dense model, compared: the verdict, what they write, the overlap of what they keep, which of them keeps which dimension, and which predicts which token better.
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
import { WrittenTexts } from "./WrittenTexts.tsx";
import { SaveComparison } from "./SaveComparison.tsx";
import { VerdictTable } from "./VerdictTable.tsx";
import { pairWords } from "./verdict.ts";
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
  /** Null: the dense model. */
  b: RunRecord | null;
}

/** The masks of both; null until they are read, and for the dense model, which keeps everything. */
function useMasks(a: RunRecord, b: RunRecord | null): readonly [RunMasks, RunMasks] | null {
  const { readRunMasks, notify } = useActions();
  const [masks, setMasks] = useState<readonly [RunMasks, RunMasks] | null>(null);
  const second = b?.id;
  useEffect(() => {
    if (second === undefined) return undefined;
    let mounted = true;
    Promise.all([readRunMasks(a.id), readRunMasks(second)]).then(
      (both) => mounted && setMasks(both),
      (error: unknown) => notify(EngineError.from(error), "runs"),
    );
    return () => {
      mounted = false;
    };
  }, [a.id, second, readRunMasks, notify]);
  return masks;
}

export function RunsCompare({ a, b }: Props) {
  const masks = useMasks(a, b);
  const words = pairWords(a, b);
  return (
    <div className="runs-compare" data-testid="runs-compare">
      <h3>{words}</h3>
      {b ? null : <p className="field-hint">Compare of another run takes the place of the dense model.</p>}
      <VerdictTable a={a} b={b} />
      <SaveComparison a={a} b={b} />
      <WrittenTexts a={a} b={b} />
      {masks ? <Masks a={masks[0]} b={masks[1]} of={words} /> : null}
      <LossPerToken a={a} b={b} of={words} />
    </div>
  );
}
