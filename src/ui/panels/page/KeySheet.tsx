// The sheet of keys, and the switch for single keys.
import { ACTIONS } from "../../actions/actions.ts";
import { PageDialog } from "../../parts/PageDialog.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";

const KEYED: readonly { keys: string; name: string }[] = [
  { keys: "Ctrl K", name: "Find any action" },
  ...ACTIONS.flatMap(({ keys, heldKeys, name }) => {
    const shown = keys ?? heldKeys;
    return shown === undefined ? [] : [{ keys: shown, name }];
  }),
];

export function KeySheet() {
  const on = useStudio((state) => state.singleKeys);
  const { setSingleKeys } = useActions();
  return (
    <PageDialog
      name="keys"
      title="Keys"
      about="They work everywhere but in fields. Press two keys one after the other."
    >
      <label className="key-switch">
        <input
          type="checkbox"
          data-testid="single-keys"
          checked={on}
          onChange={({ target }) => setSingleKeys(target.checked)}
        />
        Keys without Ctrl
      </label>
      <dl className="key-list">
        {KEYED.map(({ keys, name }) => (
          <div key={keys} data-off={!on && !keys.startsWith("Ctrl")}>
            <dt>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{name}</dd>
          </div>
        ))}
      </dl>
    </PageDialog>
  );
}
