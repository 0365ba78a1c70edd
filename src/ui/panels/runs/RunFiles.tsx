// Saved runs as JSON files: exporting all of them, and importing others; and the runs that come with the page.
import { useRef } from "react";
import { Download, FileUp, Images } from "lucide";
import { EngineError } from "../../../engine/index.ts";
import { readTextFile } from "../../parts/readTextFile.ts";
import { Icon } from "../../parts/Icon.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";
import { useSaveRuns } from "./useSaveRuns.ts";

interface Props {
  /** Ids of all saved runs. */
  ids: readonly string[];
}

export function RunFiles({ ids }: Props) {
  const { importRuns, notify, showExamples, leaveExamples } = useActions();
  const shown = useStudio(({ examples }) => examples !== null);
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
        <Icon of={Download} />
        Export all as JSON
      </button>
      <button type="button" onClick={() => field.current?.click()}>
        <Icon of={FileUp} />
        Import JSON…
      </button>
      <button
        type="button"
        data-testid="examples-toggle"
        aria-pressed={shown}
        onClick={() => void (shown ? leaveExamples() : showExamples())}
      >
        <Icon of={Images} />
        Examples
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
