// Saved runs as JSON files: exporting all of them, and importing others.
import { useRef } from "react";
import { EngineError } from "../../../engine/index.ts";
import { readTextFile } from "../../parts/readTextFile.ts";
import { useActions } from "../../studioContext.tsx";
import { useSaveRuns } from "./useSaveRuns.ts";

interface Props {
  /** Ids of all saved runs. */
  ids: readonly string[];
}

export function RunFiles({ ids }: Props) {
  const { importRuns, notify } = useActions();
  const save = useSaveRuns();
  const field = useRef<HTMLInputElement>(null);
  const take = (file: File | undefined): void => {
    if (!file) return;
    readTextFile(file).then(
      (text) => importRuns(text, file.name),
      (error: unknown) => notify(EngineError.from(error), "runs"),
    );
  };
  return (
    <div className="actions">
      <button
        type="button"
        data-testid="runs-export"
        disabled={ids.length === 0}
        onClick={() => save(ids, "espalier-runs.json")}
      >
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
        aria-label="JSON file with runs"
        data-testid="runs-import"
        onChange={({ target }) => {
          take(target.files?.[0]);
          target.value = "";
        }}
      />
    </div>
  );
}
