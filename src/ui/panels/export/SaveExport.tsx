// Saving what is prepared: as a zip for the browser's downloads, or into a folder where the browser can.
import { saveFile } from "../../../charts/index.ts";
import { EngineError } from "../../../engine/index.ts";
import type { Savable } from "../../../worker/protocol.ts";
import { useActions, useStudio } from "../../studioContext.tsx";
import { TaskProgress } from "../../parts/TaskProgress.tsx";

/** name: of the form, for who hears the buttons. */
export function SaveButtons({ form, name, busy }: { form: Savable; name: string; busy: boolean }) {
  const { saveZip, saveFolder, notify } = useActions();
  const zip = async (): Promise<void> => {
    const saved = await saveZip(form);
    if (saved) saveFile(saved.file, saved.name);
  };
  const folder = async (): Promise<void> => {
    try {
      const chosen = await window.showDirectoryPicker?.({ mode: "readwrite" });
      if (chosen) await saveFolder(form, chosen);
    } catch (error) {
      // Closing the picker is an answer, not an error.
      if (!(error instanceof DOMException && error.name === "AbortError")) notify(EngineError.from(error));
    }
  };
  return (
    <p className="actions">
      <button
        type="button"
        data-testid={`save-zip-${form}`}
        aria-label={`Save as zip: ${name} form`}
        disabled={busy}
        onClick={() => void zip()}
      >
        Save as zip
      </button>
      {"showDirectoryPicker" in window ? (
        <button
          type="button"
          data-testid={`save-folder-${form}`}
          aria-label={`Save into a folder…: ${name} form`}
          disabled={busy}
          onClick={() => void folder()}
        >
          Save into a folder…
        </button>
      ) : null}
    </p>
  );
}

/** How far a saving is, beside what is saved. */
export function SaveProgress({ nested }: { nested: boolean }) {
  const saving = useStudio((state) => state.saving);
  const { cancelSave } = useActions();
  if (saving.phase === "none" || (saving.form === "nested") !== nested) return null;
  if (saving.phase === "saving")
    return <TaskProgress task="save" label={`Saving the ${saving.form} form…`} cancel={cancelSave} />;
  return (
    <p role="status" data-testid="export-saved">
      {saving.note}.
    </p>
  );
}

/** Why a form is not offered. */
export function ExportRefused({ form, reason }: { form: Savable; reason: string | undefined }) {
  return (
    <p className="note note-error export-refused" role="alert" data-testid={`export-${form}-refused`}>
      Not offered: {reason ?? "it did not pass its check"}.
    </p>
  );
}
