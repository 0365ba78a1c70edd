// The palette: finds an action by its words and does it.
import { useId, useState } from "react";
import type { KeyboardEvent } from "react";
import { type Action, matchingActions } from "../../actions/actions.ts";
import { PageDialog } from "../../parts/PageDialog.tsx";
import { useActions, useStudioStore } from "../../studioContext.tsx";

export function Palette() {
  return (
    <PageDialog
      name="palette"
      title="Find an action"
      about="Type a part of its name, then press Enter."
      className="palette"
    >
      <Finder />
    </PageDialog>
  );
}

/** Rendered while the palette is open, so that it begins empty each time. */
function Finder() {
  const { store } = useStudioStore();
  const { showDialog } = useActions();
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const list = useId();
  const found = matchingActions(words, store.getState());
  const chosen = Math.min(at, found.length - 1);
  const act = (action: Action | undefined): void => {
    if (!action) return;
    showDialog(null);
    // after the dialog has given the focus back
    setTimeout(() => action.act(store.getState()));
  };
  const press = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by === undefined && event.key !== "Enter") return;
    event.preventDefault();
    if (by === undefined) act(found[chosen]);
    else setAt(Math.max(0, Math.min(found.length - 1, chosen + by)));
  };
  return (
    <>
      <input
        type="text"
        role="combobox"
        aria-label="Action"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={found[chosen] ? `${list}-${found[chosen].id}` : undefined}
        autoComplete="off"
        data-testid="palette-words"
        value={words}
        onChange={({ target }) => {
          setWords(target.value);
          setAt(0);
        }}
        onKeyDown={press}
      />
      <ul id={list} role="listbox" aria-label="Actions" className="palette-list">
        {found.map((action, i) => (
          <li
            key={action.id}
            id={`${list}-${action.id}`}
            role="option"
            aria-selected={i === chosen}
            onClick={() => act(action)}
          >
            <span>{action.name}</span>
            {(action.keys ?? action.heldKeys) ? <kbd>{action.keys ?? action.heldKeys}</kbd> : null}
          </li>
        ))}
      </ul>
      {found.length === 0 ? <p role="status">No action has these words, or none that can be done now.</p> : null}
    </>
  );
}
