// One saved run in the list: its name, what made it, what it costs, and what can be done with it.
import { Fragment, useRef, useState } from "react";
import type { RunRecord } from "../../../engine/index.ts";
import { bytes, keptPercent, localMinutes, perplexityText } from "../../../shared/format.ts";
import { methodLabel, recipeRows, scoreFacts } from "../../views/runViews.ts";
import { CopyFingerprint } from "./CopyFingerprint.tsx";
import { RenameRun } from "./RenameRun.tsx";
import { RunActions } from "./RunActions.tsx";

interface Props {
  run: RunRecord;
  /** "A" or "B" for a run that is picked for comparison. */
  letter: string | null;
  /** Called with the id of a run that is picked for comparison. */
  onPick: (id: string) => void;
  /** Its short hash; null until it is known. */
  hash: string | null;
  /** Its figures are shown. */
  viewed: boolean;
  /** Called with the id of a run whose figures are to be shown, or no longer. */
  onView: (id: string) => void;
}

/** Method and recipe, size, zero-shot scores, and when the run finished. */
function factsOf(run: RunRecord): string[] {
  return [
    methodLabel(run),
    ...recipeRows(run).map(({ label, value }) => (label === "pattern" ? value : `${label} ${value}`)),
    `${keptPercent(run.kept.modelWeights)} of the model`,
    bytes(run.kept.bytes),
    ...scoreFacts(run),
    localMinutes(run.finished),
  ];
}

export function RunRow({ run, letter, hash, onPick, viewed, onView }: Props) {
  const [naming, setNaming] = useState(false);
  const row = useRef<HTMLLIElement>(null);
  const named = (): void => {
    row.current?.querySelector<HTMLElement>("[data-testid=run-rename]")?.focus();
    setNaming(false);
  };
  return (
    <li ref={row} className="run-row" data-testid="run-row" data-picked={letter ?? undefined}>
      <div className="run-what">
        {naming ? (
          <RenameRun run={run} onDone={named} />
        ) : (
          <p className="run-title">
            {letter ? <span className="run-letter">{letter}</span> : null}
            <span className="run-name" data-testid="run-name">
              {run.name}
            </span>
          </p>
        )}
        <p className="run-facts">
          {factsOf(run).map((fact, i) => (
            <Fragment key={i}>
              {i > 0 ? " · " : ""}
              <span>{fact}</span>
            </Fragment>
          ))}
          {hash === null ? null : (
            <>
              {" · "}
              <CopyFingerprint run={run} hash={hash} />
            </>
          )}
        </p>
        <RunActions picked={letter !== null} onRename={() => setNaming(true)} {...{ run, onPick, viewed, onView }} />
      </div>
      <p className="run-perplexity">{perplexityText(run.perplexity.pruned)}</p>
    </li>
  );
}
