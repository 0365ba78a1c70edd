// Finished runs: the trade-off they make, the list of them with what can be done, and two of them side by side.
import { useDeferredValue, useMemo, useRef, useState } from "react";
import { saveFile, tradeoff } from "../../../charts/index.ts";
import { EngineError } from "../../../engine/index.ts";
import type { RunRecord } from "../../../engine/index.ts";
import { ChoiceField } from "../../parts/ChoiceField.tsx";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { Figure } from "../../parts/Figure.tsx";
import { groupRuns, matching, type Size, SIZES, tradeoffOf } from "../../views/runViews.ts";
import { useActions, useStudio } from "../../studioContext.tsx";
import { useValueSource } from "../../views/useValueSource.ts";
import { RunRow } from "./RunRow.tsx";
import { RunsCompare } from "./RunsCompare.tsx";

function Files({ ids }: { ids: readonly string[] }) {
  const { exportRuns, importRuns, notify } = useActions();
  const field = useRef<HTMLInputElement>(null);
  const save = (): void =>
    void exportRuns(ids).then((text) => {
      if (text !== null) saveFile(new Blob([text], { type: "application/json" }), "espalier-runs.json");
    });
  const take = (file: File | undefined): void => {
    file?.text().then(
      (text) => importRuns(text, file.name),
      (error: unknown) => notify(EngineError.from(error)),
    );
  };
  return (
    <div className="actions">
      <button type="button" data-testid="runs-export" disabled={ids.length === 0} onClick={save}>
        Export all as JSON
      </button>
      <button type="button" onClick={() => field.current?.click()}>
        Import JSON…
      </button>
      <input
        ref={field}
        type="file"
        hidden
        accept=".json,application/json"
        aria-label="A JSON file of runs"
        data-testid="runs-import"
        onChange={({ target }) => {
          take(target.files?.[0]);
          target.value = "";
        }}
      />
    </div>
  );
}

function Notes() {
  const error = useStudio((state) => state.runsError);
  const note = useStudio((state) => state.runsNote);
  const removed = useStudio((state) => state.removedRun);
  const unreadable = useStudio((state) => state.unreadableRuns);
  const { undoRemove } = useActions();
  return (
    <>
      {error ? <ErrorNote error={error} testId="runs-error" /> : null}
      {unreadable > 0 ? <p>{unreadable} kept runs could not be read and are not listed.</p> : null}
      {removed ? (
        <p role="status" data-testid="run-removed">
          “{removed.record.name}” was deleted.{" "}
          <button type="button" className="link" data-testid="run-undo" onClick={() => void undoRemove()}>
            Undo
          </button>
        </p>
      ) : null}
      {note ? (
        <p role="status" data-testid="runs-note">
          {note.imported} imported{note.known > 0 ? `, ${note.known} were here already` : ""}.
        </p>
      ) : null}
    </>
  );
}

/** Rows that are drawn at once: a row has five buttons, and a thousand rows take a second to make. */
const ROWS = 50;

function Rows({
  runs,
  pair,
  pick,
}: {
  runs: readonly RunRecord[];
  pair: readonly string[];
  pick: (id: string) => void;
}) {
  const [most, setMost] = useState(ROWS);
  const left = runs.length - most;
  return (
    <ul className="runs-list" data-testid="runs-list" aria-label="Finished runs" tabIndex={0}>
      {runs.slice(0, most).map((run) => (
        <RunRow key={run.id} run={run} letter={"AB"[pair.indexOf(run.id)] ?? null} pick={pick} />
      ))}
      {left > 0 ? (
        <li className="runs-more">
          <button type="button" className="link" data-testid="runs-more" onClick={() => setMost(most + ROWS)}>
            Show {Math.min(ROWS, left)} more of {left}
          </button>
        </li>
      ) : null}
    </ul>
  );
}

export function RunsPanel() {
  const runs = useStudio((state) => state.runs);
  const groups = useMemo(() => groupRuns(runs ?? []), [runs]);
  const [groupKey, setGroupKey] = useState("");
  const [size, setSize] = useState<Size>("whole model");
  const [words, setWords] = useState("");
  const [picked, setPicked] = useState<readonly string[]>([]);
  const group = groups.find(({ key }) => key === groupKey) ?? groups[0];
  const pair = useMemo(() => picked.filter((id) => group?.runs.some((run) => run.id === id)), [picked, group]);
  const asked = useDeferredValue(words);
  const shown = useMemo(() => matching(group?.runs ?? [], asked), [group, asked]);
  const data = useMemo(() => tradeoffOf(group?.runs ?? [], size, pair), [group, size, pair]);
  const source = useValueSource(data);
  const { restoreRun } = useActions();
  const [make] = useState(() => {
    // The last two picked are A and B; picking one of them again lets it go.
    const pick = (id: string): void =>
      setPicked((now) => (now.includes(id) ? now.filter((other) => other !== id) : [...now.slice(-1), id]));
    return {
      pick,
      chart: (node: HTMLElement) => tradeoff(node, { onPick: pick, onOpen: (id) => void restoreRun(id) }),
    };
  });
  const [first, second] = pair.map((id) => group?.runs.find((run) => run.id === id));
  return (
    <section className="runs" aria-labelledby="runs-title" data-testid="runs">
      <div className="runs-head">
        <h2 id="runs-title">Runs</h2>
        <Files ids={(runs ?? []).map(({ id }) => id)} />
      </div>
      <Notes />
      {!group ? (
        <p className="runs-empty" data-testid="runs-empty">
          Runs that end are kept here, in this browser: each with its recipe, its masks and its perplexity. Train one,
          or import runs from a JSON file.
        </p>
      ) : (
        <div className="runs-bench">
          <div>
            <div className="runs-choices">
              <ChoiceField
                id="runs-group"
                label="Measured on"
                value={group.key}
                options={groups.map(({ key, title, runs: of }) => ({ value: key, title: `${title} (${of.length})` }))}
                onValue={setGroupKey}
              />
              <ChoiceField
                id="runs-size"
                label="Size"
                value={size}
                options={SIZES.map((value) => ({ value, title: value }))}
                onValue={setSize}
              />
            </div>
            <Figure
              number={8}
              name="tradeoff"
              title="What pruning costs"
              caption="Every finished run on this text: perplexity against size, and the best at each size. A click brings a run’s masks back; with Shift it picks the run, and two are compared."
              make={make.chart}
              source={source}
            />
          </div>
          <div>
            <div className="field">
              <label htmlFor="runs-search">Find among {group.runs.length}</label>
              <input
                id="runs-search"
                type="text"
                data-testid="runs-search"
                value={words}
                placeholder="name, method or model"
                onChange={({ target }) => setWords(target.value)}
              />
            </div>
            <Rows key={`${group.key} ${asked}`} runs={shown} pair={pair} pick={make.pick} />
          </div>
        </div>
      )}
      {first && second ? <RunsCompare key={`${first.id} ${second.id}`} a={first} b={second} /> : null}
    </section>
  );
}
