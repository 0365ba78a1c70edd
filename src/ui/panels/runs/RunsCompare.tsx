// Two runs side by side: overlap of what they keep, who keeps which dimension, and who predicts which token better.
import { useEffect, useMemo, useState } from "react";
import { comparedMasks, gateMap, overlapTable, tokenStrip } from "../../../charts/index.ts";
import type { GateData, OverlapData, TokenStripData } from "../../../charts/index.ts";
import { EngineError } from "../../../engine/index.ts";
import type { RunMasks, RunRecord } from "../../../engine/index.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { Figure } from "../../parts/Figure.tsx";
import { overlapOf } from "../../views/runViews.ts";
import { useActions, useThrottled, useStudio } from "../../studioContext.tsx";
import { useValueSource } from "../../views/useValueSource.ts";

interface Pair {
  a: RunRecord;
  b: RunRecord;
}

function Overlap({ data, weights }: { data: OverlapData; weights: boolean }) {
  return (
    <Figure
      number={9}
      name="overlap"
      title="Overlap, block by block"
      caption={`Jaccard of the kept ${weights ? "weights of each matrix" : "indices of each vector"}: of what either keeps, the share that both keep.`}
      make={overlapTable}
      source={useValueSource(data)}
    />
  );
}

function ComparedMap({ data }: { data: GateData }) {
  return (
    <Figure
      number={10}
      name="compared"
      title="Who keeps which dimension"
      caption="Dimensions that B gained against A, and those that it lost; bars and strip count what both keep."
      make={gateMap}
      source={useValueSource(data)}
    />
  );
}

function Strip({ data }: { data: TokenStripData }) {
  return (
    <Figure
      number={11}
      name="tokens"
      title="Loss, token by token"
      caption="The evaluation text in the colour of the run that predicts a token better; the first token of a window is not scored."
      make={tokenStrip}
      source={useValueSource(data)}
    />
  );
}

function Losses({ a, b }: Pair) {
  const losses = useStudio((state) => state.losses);
  const progress = useThrottled((state) => state.progress.losses);
  const ready = useStudio(({ model, run, device }) => {
    return model.phase === "open" && device.phase === "ready" && run.phase !== "training";
  });
  const { compareLosses, cancelLosses } = useActions();
  const read = losses.phase === "read" && losses.first === a.id && losses.second === b.id ? losses.result : null;
  return (
    <div>
      {losses.phase === "reading" ? (
        <p className="actions">
          <span role="status" data-testid="losses-progress">
            {progress ? `Reading ${progress.done} of ${progress.total} ${progress.unit}…` : "Reading…"}
          </span>
          <button type="button" data-testid="losses-stop" onClick={() => void cancelLosses()}>
            Stop
          </button>
        </p>
      ) : (
        <p className="actions">
          <button
            type="button"
            data-testid="losses-start"
            disabled={!ready}
            onClick={() => void compareLosses(a.id, b.id)}
          >
            Compare by token
          </button>
        </p>
      )}
      {losses.phase === "failed" ? <ErrorNote error={losses.error} testId="losses-error" /> : null}
      {read ? <Strip data={read} /> : null}
    </div>
  );
}

function Masks({ a, b }: { a: RunMasks; b: RunMasks }) {
  const found = useMemo(() => overlapOf(a, b), [a, b]);
  const map = useMemo((): GateData | null => {
    if (!found || a.kind !== "gates") return null;
    const compared = comparedMasks(found.a, found.b);
    const both = compared.map((mask) => mask.map((who) => (who === 3 ? 1 : 0)));
    return { layers: found.a.length / 5, dModel: a.sizes[0] ?? 0, masks: both, compared };
  }, [found, a]);
  if (!found) return <p>These two keep different kinds of things, so their masks cannot be held against each other.</p>;
  return (
    <div className="runs-pair">
      <Overlap data={found.table} weights={a.kind === "weights"} />
      {map ? <ComparedMap data={map} /> : null}
    </div>
  );
}

export function RunsCompare({ a, b }: Pair) {
  const { runMasks, notify } = useActions();
  const [masks, setMasks] = useState<readonly [RunMasks, RunMasks] | null>(null);
  useEffect(() => {
    let wanted = true;
    Promise.all([runMasks(a.id), runMasks(b.id)]).then(
      (both) => wanted && setMasks(both),
      (error: unknown) => notify(EngineError.from(error)),
    );
    return () => {
      wanted = false;
    };
  }, [a.id, b.id, runMasks, notify]);
  return (
    <div className="runs-compare" data-testid="runs-compare">
      <h3>
        A, {a.name}, beside B, {b.name}
      </h3>
      {masks ? <Masks a={masks[0]} b={masks[1]} /> : null}
      <Losses a={a} b={b} />
    </div>
  );
}
