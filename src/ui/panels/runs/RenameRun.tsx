// The field that renames a saved run.
import { useState } from "react";
import type { RunRecord } from "../../../engine/index.ts";
import { useActions } from "../../studioContext.tsx";

const MAX_NAME_CHARS = 200;

interface Props {
  run: RunRecord;
  /** Called when the run is renamed, or when that is abandoned. */
  onDone: () => void;
}

export function RenameRun({ run, onDone }: Props) {
  const { renameRun } = useActions();
  const [name, setName] = useState(run.name);
  return (
    <form
      className="run-rename"
      onSubmit={(event) => {
        event.preventDefault();
        void renameRun(run.id, name).then(onDone);
      }}
    >
      <input
        type="text"
        aria-label={`New name of ${run.name}`}
        data-testid="run-name-field"
        // the button that opened the field had the focus
        autoFocus
        onFocus={({ target }) => target.select()}
        maxLength={MAX_NAME_CHARS}
        value={name}
        onChange={({ target }) => setName(target.value)}
        onKeyDown={({ key }) => key === "Escape" && onDone()}
      />
      <button type="submit">Save</button>
    </form>
  );
}
