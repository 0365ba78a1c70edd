// Presets of the settings, each with its source, and the way back: undo and redo.
import { Redo2, Undo2 } from "lucide";
import { canChooseMethod, canEditRecipe, canRedo, canUndo } from "../../../state/allowed.ts";
import { knownModel } from "../../../state/model/shownModel.ts";
import { type Preset, presetOf, PRESETS, withPreset } from "../../../state/run/presets.ts";
import { changeWords, settingChanges } from "../../../state/run/settingChanges.ts";
import { applySettings, settingsOf } from "../../../state/run/settingsSlice.ts";
import type { StudioState } from "../../../state/storeState.ts";
import { ChoiceField } from "../../parts/ChoiceField.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { useActions, useStudio, useStudioStore } from "../../studioContext.tsx";

const OWN = "own";

const contextOf = (state: StudioState): number | null => knownModel(state)?.context ?? null;
const current = (state: StudioState): Preset | null => presetOf(settingsOf(state), contextOf(state));

export function PresetField() {
  const { store } = useStudioStore();
  const preset = useStudio(current);
  const locked = !useStudio((state) => canEditRecipe(state) && canChooseMethod(state));
  const choose = (id: string): void => {
    const chosen = PRESETS.find((one) => one.id === id);
    if (!chosen) return;
    const state = store.getState();
    const before = settingsOf(state);
    applySettings(withPreset(before, chosen, contextOf(state)), store.getState);
    const changes = settingChanges(before, settingsOf(store.getState()));
    if (changes.length > 0) state.announce(`${chosen.title}: ${changeWords(changes)}.`);
  };
  return (
    <div className="preset">
      <ChoiceField
        id="preset"
        label="Preset"
        value={preset?.id ?? OWN}
        options={[
          ...(preset ? [] : [{ value: OWN, title: "Your own settings" }]),
          ...PRESETS.map(({ id, title }) => ({ value: id, title })),
        ]}
        disabled={locked}
        hint={
          preset ? `${preset.source}: ${preset.sets}. Target and seed stay.` : "Custom. A preset keeps target and seed."
        }
        onValue={choose}
      />
      <UndoButtons />
    </div>
  );
}

function UndoButtons() {
  const { undoSettings, redoSettings } = useActions();
  const buttons = [
    { id: "undo", text: "Undo", icon: Undo2, keys: "Control+Z", able: useStudio(canUndo), act: undoSettings },
    { id: "redo", text: "Redo", icon: Redo2, keys: "Control+Shift+Z", able: useStudio(canRedo), act: redoSettings },
  ];
  return (
    <p className="preset-undo">
      {buttons.map(({ id, text, icon, keys, able, act }) => (
        <button
          key={id}
          type="button"
          className="link"
          data-testid={id}
          aria-label={text}
          title={`${text} (${keys.replace("Control", "Ctrl")})`}
          aria-keyshortcuts={keys}
          disabled={!able}
          onClick={act}
        >
          <Icon of={icon} />
        </button>
      ))}
    </p>
  );
}
