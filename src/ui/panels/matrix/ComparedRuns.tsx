// A matrix under two saved runs: what only one of them keeps.
import { useEffect, useMemo, useState } from "react";
import { EngineError, type RunMasks, type RunRecord } from "../../../engine/index.ts";
import { modelRefusal } from "../../../state/runs/restoreRefusal.ts";
import type { KnownFacts } from "../../../worker/protocol.ts";
import { InlineChoice } from "../../parts/InlineChoice.tsx";
import { useActions, useStudio, useStudioStore } from "../../studioContext.tsx";
import type { LayerRow } from "../../views/layersView.ts";
import { type MatrixPlace, savedKeep } from "../../views/matrixView.ts";
import { MatrixFigures } from "./MatrixFigures.tsx";

interface Props {
  place: MatrixPlace;
  row: LayerRow;
  /** Linear layers of a block. */
  layers: number;
  facts: KnownFacts;
}

const NO_RUNS: readonly RunRecord[] = [];

export function ComparedRuns({ place, row, layers, facts }: Props) {
  const { store } = useStudioStore();
  const all = useStudio((state) => state.runs) ?? NO_RUNS;
  // of the open model, which `facts` stand for
  const runs = useMemo(
    () => all.filter((run) => facts && modelRefusal(store.getState(), run) === null),
    [all, facts, store],
  );
  const [chosen, setChosen] = useState<{ a?: string; b?: string }>({});
  const [newest, second] = runs;
  const a = runs.find(({ id }) => id === chosen.a) ?? second;
  const b = runs.find(({ id }) => id === chosen.b) ?? newest;
  if (!a || !b)
    return (
      <p className="field-hint" data-testid="matrix-few-runs">
        Two saved runs of this model are compared here. {runs.length === 0 ? "None is" : "Only one is"} saved so far.
      </p>
    );
  const options = runs.map(({ id, name }) => ({ value: id, text: name }));
  return (
    <>
      <div className="map-bar" role="group" aria-label="Runs">
        <InlineChoice
          label="A"
          options={options}
          value={a.id}
          testId="matrix-a"
          onChange={(id) => setChosen({ ...chosen, a: id })}
        />
        <InlineChoice
          label="B"
          options={options}
          value={b.id}
          testId="matrix-b"
          onChange={(id) => setChosen({ ...chosen, b: id })}
        />
      </div>
      <Compared {...{ a, b, place, row, layers }} />
    </>
  );
}

type ComparedProps = Omit<Props, "facts"> & { a: RunRecord; b: RunRecord };

function Compared({ a, b, place, row, layers }: ComparedProps) {
  const { readRunMasks, notify } = useActions();
  const [read, setRead] = useState<{ of: string; masks: readonly [RunMasks, RunMasks] } | null>(null);
  const of = `${a.id} ${b.id}`;
  useEffect(() => {
    let mounted = true;
    Promise.all([readRunMasks(a.id), readRunMasks(b.id)]).then(
      (masks) => mounted && setRead({ of, masks }),
      (error: unknown) => notify(EngineError.from(error), "runs"),
    );
    return () => {
      mounted = false;
    };
  }, [a.id, b.id, of, readRunMasks, notify]);
  const keeps = useMemo(() => {
    if (read?.of !== of) return null;
    const [first, second] = read.masks;
    return [savedKeep(first, "A", place, layers), savedKeep(second, "B", place, layers)];
  }, [read, of, place, layers]);
  if (!keeps) return <p role="status">Reading the masks…</p>;
  return (
    <MatrixFigures
      {...{ place, keeps, name: row.name, show: "weights" }}
      of={`${row.name}, A: ${a.name} vs B: ${b.name}`}
    />
  );
}
