// Saving what is prepared, as a zip for the browser's downloads or into a folder where the browser can; or why it cannot be saved.
import { Download, FolderDown } from "lucide";
import { saveFile } from "../../../charts/index.ts";
import { EngineError } from "../../../engine/index.ts";
import type { Savable } from "../../../worker/protocol.ts";
import { sentence } from "../../../shared/format.ts";
import { TaskProgress } from "../../parts/TaskProgress.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";

interface SaveButtonsProps {
  form: Savable;
  /** Name of the form, for the accessible names of the buttons. */
  name: string;
  /** An export is being prepared or saved. */
  busy: boolean;
}

export function SaveButtons({ form, name, busy }: SaveButtonsProps) {
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
      // closing the picker is not an error
      if (!(error instanceof DOMException && error.name === "AbortError")) notify(EngineError.from(error), "export");
    }
  };
  return (
    <p className="actions">
      <button
        type="button"
        data-testid={`save-zip-${form}`}
        aria-label={`Save as zip: ${name}`}
        disabled={busy}
        onClick={() => void zip()}
      >
        <Icon of={Download} />
        Save as zip
      </button>
      {"showDirectoryPicker" in window ? (
        <button
          type="button"
          data-testid={`save-folder-${form}`}
          aria-label={`Save to folder…: ${name}`}
          disabled={busy}
          onClick={() => void folder()}
        >
          <Icon of={FolderDown} />
          Save to folder…
        </button>
      ) : null}
    </p>
  );
}

interface SaveProgressProps {
  /** Of the nested model; otherwise of the other forms. */
  nested: boolean;
}

/** Progress and outcome of saving. */
export function SaveProgress({ nested }: SaveProgressProps) {
  const saving = useStudio((state) => state.saving);
  const { cancelSave } = useActions();
  if (saving.phase === "none" || (saving.form === "nested") !== nested) return null;
  if (saving.phase === "saving")
    return <TaskProgress task="save" label={`Saving the ${saving.form} model…`} cancel={cancelSave} />;
  return (
    <p role="status" className="export-saved" data-testid="export-saved">
      {saving.note}
    </p>
  );
}

interface ExportRefusedProps {
  form: Savable;
  /** What the check found. */
  reason: string | undefined;
}

/** Why a form cannot be saved. */
export function ExportRefused({ form, reason }: ExportRefusedProps) {
  return (
    <p className="note note-error export-refused" role="alert" data-testid={`export-${form}-refused`}>
      Not available: {sentence(reason ?? "it did not pass its check")}
    </p>
  );
}
