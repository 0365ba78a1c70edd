// Saved runs and examples: files, messages, the trade-off of one group of runs beside their list, one of them to look at, and two of them compared.
import { Suspense, useMemo, useState } from "react";
import { useActions, useStudio } from "../../studioContext.tsx";
import { groupRuns } from "../../views/runViews.ts";
import { RunFiles } from "./RunFiles.tsx";
import { RunNotes } from "./RunNotes.tsx";
import { later } from "../../parts/later.ts";

const TradeoffFigure = later(async () => (await import("./TradeoffFigure.tsx")).TradeoffFigure);
const RunsCompare = later(async () => (await import("./compare/RunsCompare.tsx")).RunsCompare);
const LinkedComparison = later(async () => (await import("./compare/LinkedComparison.tsx")).LinkedComparison);
const RunSearch = later(async () => (await import("./RunSearch.tsx")).RunSearch);
const SavedRun = later(async () => (await import("./SavedRun.tsx")).SavedRun);
const ExamplesNote = later(async () => (await import("./ExamplesNote.tsx")).ExamplesNote);

function Empty() {
  const { showExamples } = useActions();
  return (
    <p className="runs-empty" data-testid="runs-empty">
      Finished runs are saved here, in this browser, with their recipe, masks and perplexity. Train one, import runs
      from a JSON file, or{" "}
      <button type="button" className="link" data-testid="runs-examples" onClick={() => void showExamples()}>
        look at finished examples
      </button>
      .
    </p>
  );
}

/** The runs of the user, and the examples while they are shown, in groups; those of the examples first. */
function useGroups() {
  const runs = useStudio((state) => state.runs);
  const examples = useStudio((state) => state.examples);
  return useMemo(() => {
    const own = groupRuns(runs ?? []);
    return [...groupRuns((examples ?? []).map(({ record }) => record)), ...own];
  }, [runs, examples]);
}

export function RunsPanel() {
  const runs = useStudio((state) => state.runs);
  const linked = useStudio((state) => state.linkedComparison);
  const groups = useGroups();
  const [groupKey, setGroupKey] = useState("");
  const [picked, setPicked] = useState<readonly string[]>([]);
  const group = groups.find(({ key }) => key === groupKey) ?? groups[0];
  const listed = useMemo(() => groups.flatMap((one) => one.runs), [groups]);
  const pair = useMemo(() => picked.filter((id) => listed.some((run) => run.id === id)), [picked, listed]);
  const [pick] = useState(() => (id: string): void => {
    // the last two picked are A and B; picking one of them again drops it
    setPicked((now) => (now.includes(id) ? now.filter((other) => other !== id) : [...now.slice(-1), id]));
  });
  const [viewedId, setViewed] = useState<string | null>(null);
  const viewed = group?.runs.find(({ id }) => id === viewedId);
  const [view] = useState(
    () =>
      (id: string): void =>
        setViewed((now) => (now === id ? null : id)),
  );
  const [a, b = null] = pair.map((id) => listed.find((run) => run.id === id));
  return (
    <section className="runs" aria-labelledby="runs-title" data-testid="runs">
      <div className="runs-head">
        <h2 id="runs-title">Runs</h2>
        <RunFiles ids={(runs ?? []).map(({ id }) => id)} />
      </div>
      <RunNotes />
      <Suspense>{groups.some(({ examples }) => examples) ? <ExamplesNote /> : null}</Suspense>
      {!group ? (
        <Empty />
      ) : (
        <div className="runs-bench">
          <Suspense>
            <TradeoffFigure
              groups={groups}
              group={group}
              pair={pair}
              onGroup={setGroupKey}
              onPick={pick}
              onView={view}
            />
            <RunSearch group={group} pair={pair} onPick={pick} viewed={viewed?.id ?? null} onView={view} />
          </Suspense>
        </div>
      )}
      <Suspense>
        {viewed ? <SavedRun key={viewed.id} record={viewed} onClose={() => setViewed(null)} /> : null}
      </Suspense>
      <Suspense>{a ? <RunsCompare key={`${a.id} ${b?.id ?? ""}`} a={a} b={b} /> : null}</Suspense>
      <Suspense>{linked ? <LinkedComparison {...linked} /> : null}</Suspense>
    </section>
  );
}
