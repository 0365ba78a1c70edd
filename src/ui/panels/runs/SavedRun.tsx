// A saved run to look at: its map, widths and curves from what is stored with it, whether or not its model is open.
import { useEffect, useId, useMemo, useState } from "react";
import { ArrowUpToLine, X } from "lucide";
import {
  type BarsData,
  gateMap,
  keptRatio,
  lossCurves,
  matrixShares,
  stepLink,
  widths,
} from "../../../charts/index.ts";
import type { GateData, MatrixPart, RunData, WidthsData } from "../../../charts/index.ts";
import { EngineError, type Run, type RunRecord } from "../../../engine/index.ts";
import { isExample } from "../../../shared/exampleRuns.ts";
import { keptPercent, perplexityText } from "../../../shared/format.ts";
import { titleOf } from "../../../shared/texts.ts";
import { canRestoreRun } from "../../../state/allowed.ts";
import { modelNeeded, restoreRefusal } from "../../../state/runs/restoreRefusal.ts";
import { Figure } from "../../parts/Figure.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";
import { barsTable, mapTable, runTable, widthsTable } from "../../views/figureTables.ts";
import { savedRunData } from "../../views/savedRunView.ts";
import { useValueSource } from "../../views/useValueSource.ts";
import {
  CURVES_CAPTION,
  KEPT_CAPTIONS,
  MAP_CAPTION,
  NO_SAVED_CURVES,
  NO_WEIGHT_CURVES,
  SHARES_CAPTION,
  WIDTHS_CAPTION,
} from "../figures/captions.ts";

interface FigureProps<Data> {
  data: Data;
  /** The model and the run, for saved pictures. */
  of: string;
}

function SavedMap({ data, of }: FigureProps<GateData>) {
  const source = useValueSource(data);
  const title = "Which dimensions this run keeps";
  return <Figure name="saved-map" caption={MAP_CAPTION} make={gateMap} table={mapTable} {...{ title, source, of }} />;
}

function SavedWidths({ data, of }: FigureProps<WidthsData>) {
  const source = useValueSource(data);
  const title = "Widths of this run";
  return (
    <Figure name="saved-widths" caption={WIDTHS_CAPTION} make={widths} table={widthsTable} {...{ title, source, of }} />
  );
}

function SavedShares({ data, parts, of }: FigureProps<BarsData> & { parts: readonly MatrixPart[] }) {
  const source = useValueSource(data);
  const make = useMemo(() => (node: HTMLElement) => matrixShares(node, parts), [parts]);
  const table = useMemo(() => barsTable(parts), [parts]);
  const title = "Kept share by matrix of this run";
  return <Figure name="saved-shares" caption={SHARES_CAPTION} {...{ title, make, table, source, of }} />;
}

function SavedCurves({ data, of, every }: FigureProps<RunData> & { every: boolean }) {
  const source = useValueSource(data);
  const make = useMemo(() => {
    const link = stepLink();
    return {
      loss: (node: HTMLElement) => lossCurves(node, { link }),
      kept: (node: HTMLElement) => keptRatio(node, { link }),
    };
  }, []);
  const shared = { table: runTable, source, of };
  return (
    <>
      <Figure
        name="saved-curves"
        title="Loss and budget penalty of this run"
        caption={CURVES_CAPTION}
        make={make.loss}
        {...shared}
      />
      <Figure
        name="saved-kept"
        title="Kept share and target of this run"
        caption={KEPT_CAPTIONS[every ? "every" : "one"]}
        make={make.kept}
        {...shared}
      />
    </>
  );
}

function Figures({ run }: { run: Run }) {
  const { model, name, made } = run.record;
  const { gates, shares, curves } = useMemo(() => savedRunData(run), [run]);
  const of = `${model.name}, ${name}`;
  return (
    <div className="runs-pair">
      {gates ? <SavedMap data={gates.map} of={of} /> : null}
      {gates ? <SavedWidths data={gates.widths} of={of} /> : null}
      {shares ? <SavedShares data={shares.bars} parts={shares.parts} of={of} /> : null}
      {curves ? (
        <SavedCurves data={curves} of={of} every={made.kind === "disp" && made.recipe.ratioMode === "every"} />
      ) : (
        <p>{made.kind === "weights" ? NO_WEIGHT_CURVES : NO_SAVED_CURVES}</p>
      )}
    </div>
  );
}

interface Props {
  record: RunRecord;
  onClose: () => void;
}

export function SavedRun({ record, onClose }: Props) {
  const { readRun, restoreRun, loadExample, notify } = useActions();
  const [run, setRun] = useState<Run | null>(null);
  useEffect(() => {
    let mounted = true;
    readRun(record.id).then(
      (found) => mounted && setRun(found),
      (error: unknown) => notify(EngineError.from(error), "runs"),
    );
    return () => {
      mounted = false;
    };
  }, [record.id, readRun, notify]);
  const ready = useStudio(canRestoreRun);
  const refusal = useStudio((state) => modelNeeded(state, record) ?? restoreRefusal(state, record));
  const why = useId();
  const { text, dense, pruned } = record.perplexity;
  return (
    <section
      className="runs-compare"
      data-testid="saved-run"
      aria-label={`${isExample(record) ? "Run" : "Saved run"} ${record.name}`}
    >
      <h3>
        {record.name}, of {record.model.name}
      </h3>
      <p>
        {keptPercent(record.kept.blockWeights)} of the block weights kept; perplexity {perplexityText(pruned)}, dense{" "}
        {perplexityText(dense)}, on {titleOf(text)}; computed by {record.adapter}.
      </p>
      <p className="actions">
        <button
          type="button"
          data-testid="saved-run-load"
          disabled={!ready || refusal !== null}
          aria-describedby={refusal ? why : undefined}
          onClick={() => void (isExample(record) ? loadExample : restoreRun)(record.id)}
        >
          <Icon of={ArrowUpToLine} />
          Load
        </button>
        <button type="button" onClick={onClose}>
          <Icon of={X} />
          Close
        </button>
        {refusal ? (
          <span className="field-hint" id={why} data-testid="saved-run-refusal">
            {refusal}
          </span>
        ) : null}
      </p>
      {run ? <Figures key={record.id} run={run} /> : null}
    </section>
  );
}
