// The list of saved runs, and the field that searches it.
import { useDeferredValue, useMemo, useState } from "react";
import type { RunRecord } from "../../../engine/index.ts";
import { isExample } from "../../../shared/exampleRuns.ts";
import { whole } from "../../../shared/format.ts";
import { matching } from "../../views/runViews.ts";
import type { RunGroup } from "../../views/runViews.ts";
import { RunRow } from "./RunRow.tsx";
import { type RunHashes, useRunHashes } from "./useRunHashes.ts";

/** Rows added at a time: a row has six buttons, so a thousand rows would take a second to render. */
const ROWS = 50;

interface RowsProps {
  runs: readonly RunRecord[];
  hashes: RunHashes;
  /** Ids of the runs picked as A and B. */
  pair: readonly string[];
  /** Called with the id of a run that is picked for comparison. */
  onPick: (id: string) => void;
  /** Id of the run whose figures are shown; null for none. */
  viewed: string | null;
  /** Called with the id of a run whose figures are to be shown, or no longer. */
  onView: (id: string) => void;
}

function Rows({ runs, hashes, pair, onPick, viewed, onView }: RowsProps) {
  const [limit, setLimit] = useState(ROWS);
  const left = runs.length - limit;
  return (
    <ul
      className="runs-list"
      data-testid="runs-list"
      aria-label={runs.some(isExample) ? "Examples" : "Saved runs"}
      tabIndex={0}
    >
      {runs.slice(0, limit).map((run) => (
        <RunRow
          key={run.id}
          letter={"AB"[pair.indexOf(run.id)] ?? null}
          viewed={run.id === viewed}
          hash={hashes.get(run.id) ?? null}
          {...{ run, onPick, onView }}
        />
      ))}
      {left > 0 ? (
        <li className="runs-more">
          <button type="button" className="link" data-testid="runs-more" onClick={() => setLimit(limit + ROWS)}>
            Show {Math.min(ROWS, left)} more of {whole(left)}
          </button>
        </li>
      ) : null}
    </ul>
  );
}

interface Props extends Omit<RowsProps, "runs" | "hashes"> {
  group: RunGroup;
}

export function RunSearch({ group, ...choices }: Props) {
  const [words, setWords] = useState("");
  const searched = useDeferredValue(words);
  const hashes = useRunHashes(group.runs);
  const found = useMemo(() => matching(group.runs, searched, hashes), [group, searched, hashes]);
  const count = group.runs.length;
  return (
    <div>
      <div className="field">
        <label htmlFor="runs-search">
          Search {whole(count)} {group.examples ? "examples" : count === 1 ? "run" : "runs"}
        </label>
        <input
          id="runs-search"
          type="text"
          data-testid="runs-search"
          value={words}
          placeholder="name, method, model or fingerprint"
          onChange={({ target }) => setWords(target.value)}
        />
      </div>
      <Rows key={`${group.key} ${searched}`} runs={found} hashes={hashes} {...choices} />
    </div>
  );
}
