// One finished run of the list: its name, what made it, what it costs, and what can be done with it.
import { useState } from "react";
import { saveFile } from "../../../charts/index.ts";
import type { RunRecord } from "../../../engine/index.ts";
import { bytes, percent, perplexityText } from "../../../shared/format.ts";
import { methodLabel, recipeRows } from "../../views/runViews.ts";
import { useActions, useStudio } from "../../studioContext.tsx";

interface Props {
  run: RunRecord;
  /** "A" or "B" where it is picked. */
  letter: string | null;
  pick: (id: string) => void;
}

function Rename({ run, done }: { run: RunRecord; done: () => void }) {
  const { renameRun } = useActions();
  const [name, setName] = useState(run.name);
  return (
    <form
      className="run-rename"
      onSubmit={(event) => {
        event.preventDefault();
        void renameRun(run.id, name).then(done);
      }}
    >
      <input
        type="text"
        aria-label={`New name of ${run.name}`}
        data-testid="run-name-field"
        maxLength={200}
        value={name}
        onChange={({ target }) => setName(target.value)}
        onKeyDown={({ key }) => key === "Escape" && done()}
      />
      <button type="submit">Save</button>
    </form>
  );
}

export function RunRow({ run, letter, pick }: Props) {
  const [naming, setNaming] = useState(false);
  const { removeRun, restoreRun, exportRuns } = useActions();
  const ready = useStudio(({ model, run: now, device }) => {
    return model.phase === "open" && device.phase === "ready" && now.phase !== "training";
  });
  const save = (): void =>
    void exportRuns([run.id]).then((text) => {
      if (text !== null) saveFile(new Blob([text], { type: "application/json" }), "espalier-run.json");
    });
  const facts = [
    methodLabel(run),
    ...recipeRows(run).map(({ label, value }) => (label === "pattern" ? value : `${label} ${value}`)),
    `${percent(run.kept.modelWeights.kept / run.kept.modelWeights.of)} of the model`,
    bytes(run.kept.bytes),
    run.finished.slice(0, 16).replace("T", " "),
  ];
  const link = (testId: string, text: string, act: () => void, disabled = false) => (
    <button
      type="button"
      className="link"
      data-testid={testId}
      disabled={disabled}
      aria-label={`${text} ${run.name}`}
      onClick={act}
    >
      {text}
    </button>
  );
  return (
    <li className="run-row" data-testid="run-row" data-picked={letter ?? undefined}>
      <button
        type="button"
        className="run-pick"
        data-testid="run-pick"
        aria-pressed={letter !== null}
        aria-label={`Compare ${run.name}`}
        onClick={() => pick(run.id)}
      >
        {letter ?? "·"}
      </button>
      <div className="run-what">
        {naming ? (
          <Rename run={run} done={() => setNaming(false)} />
        ) : (
          <p className="run-name" data-testid="run-name">
            {run.name}
          </p>
        )}
        <p className="run-facts">{facts.join(" · ")}</p>
        <div className="run-actions">
          {link("run-restore", "Restore", () => void restoreRun(run.id), !ready)}
          {link("run-rename", "Rename", () => setNaming(true))}
          {link("run-export", "Export", save)}
          {link("run-delete", "Delete", () => void removeRun(run.id))}
        </div>
      </div>
      <p className="run-perplexity">{perplexityText(run.perplexity.pruned)}</p>
    </li>
  );
}
