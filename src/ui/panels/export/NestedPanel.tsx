// Several ratios of a run for every ratio as one model: which, its preparation, and what was found of each.
import { useId, useRef, useState } from "react";
import { readNestedList, usualList } from "../../../state/export/nestedList.ts";
import type { ShownArchitecture } from "../../../worker/protocol.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";
import { TaskProgress } from "../../parts/TaskProgress.tsx";
import { NestedResults } from "./NestedResults.tsx";

type Bounds = NonNullable<ShownArchitecture["trainedFor"]>;

/** Only a run for every ratio has more than one; what was prepared of an earlier one can still be saved. */
export function NestedPanel({ ready, busy }: { ready: boolean; busy: boolean }) {
  const nested = useStudio((state) => state.nested);
  const bounds = useStudio(({ architecture }) => architecture?.trainedFor);
  const { cancelNested } = useActions();
  const { last } = nested;
  if (!bounds && !last && nested.phase !== "preparing") return null;
  return (
    <section className="nested" data-testid="nested" aria-labelledby="nested-heading">
      <h3 id="nested-heading">
        Nested{" "}
        <span className="export-what">several ratios of this run as one model, the smaller inside the larger</span>
      </h3>
      {nested.phase === "preparing" ? (
        <TaskProgress task="export" label="Waiting for the GPU, then measuring each ratio…" cancel={cancelNested} />
      ) : bounds ? (
        <RatioList bounds={bounds} ready={ready && !busy} />
      ) : null}
      {nested.phase === "failed" ? <ErrorNote error={nested.error} testId="nested-error" /> : null}
      {last ? <NestedResults found={last} busy={busy} /> : null}
    </section>
  );
}

/** What is wrong with the list is said once it is left or asked for, not while it is typed. */
function RatioList({ bounds, ready }: { bounds: Bounds; ready: boolean }) {
  const id = useId();
  const typed = useStudio((state) => state.nestedList);
  const prepared = useStudio((state) => state.nested.last !== null);
  const { setNestedList, prepareNested } = useActions();
  const [judged, setJudged] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const text = typed ?? usualList(bounds);
  const list = readNestedList(text, bounds);
  const wrong = judged && !list.ok ? list.reason : null;
  return (
    <form
      className="nested-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setJudged(true);
        if (list.ok && ready) void prepareNested();
        else if (!list.ok) field.current?.focus();
      }}
    >
      <div className="field">
        <label htmlFor={id}>Ratios in it</label>
        <span className="field-entry">
          <input
            id={id}
            ref={field}
            type="text"
            autoComplete="off"
            spellCheck={false}
            data-testid="nested-ratios"
            value={text}
            aria-invalid={wrong !== null}
            aria-describedby={wrong ? `${id}-hint ${id}-wrong` : `${id}-hint`}
            onChange={({ target }) => setNestedList(target.value)}
            onBlur={() => setJudged(true)}
          />
          <button type="submit" data-testid="nested-prepare" disabled={!ready}>
            {prepared ? "Prepare them again" : "Prepare them as one"}
          </button>
        </span>
        <span className="field-hint" id={`${id}-hint`}>
          kept shares of the block weights between {bounds.from} and {bounds.to}, separated by commas
        </span>
        {wrong ? (
          <span className="field-wrong" id={`${id}-wrong`} role="alert" data-testid="nested-refused">
            {wrong}.
          </span>
        ) : null}
      </div>
    </form>
  );
}
