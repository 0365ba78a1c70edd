// Export: the worker writes the forms, reads them back and compares them; those that pass can be saved as a zip or into a folder.
import { USUAL_FORMS } from "../../engine/index.ts";
import type { ExportChoice, Savable } from "../../worker/protocol.ts";
import { isPruned } from "../run/currentPruning.ts";
import type { SliceOf } from "../slice.ts";
import type { StudioState } from "../storeState.ts";
import type { TaskRun } from "../task.ts";
import type { ExportSlice, Prepared } from "./exportState.ts";
import { preparation } from "./prepareExport.ts";

/** The hub's default shard size. */
const SHARD_BYTES = 5e9;
const DEFAULT_CHOICE: ExportChoice = { dtype: null, shardBytes: SHARD_BYTES, gguf: null };

const SAVE = {
  name: "save",
  turns: "none",
  isRunning: ({ saving }: StudioState) => saving.phase === "saving",
} as const;

/** A run that saves a form. note: what the screen says afterwards. */
function saveRun<T>(form: Savable, work: () => Promise<T>, note: (value: T) => string): TaskRun<T> {
  return {
    begin: { saving: { phase: "saving", form }, saveError: null },
    work,
    done: (value) => ({ saving: { phase: "saved", form, note: note(value) } }),
    cancelled: () => ({ saving: { phase: "none" } }),
    failed: (saveError) => ({ saving: { phase: "none" }, saveError }),
  };
}

export const exportSlice: SliceOf<ExportSlice> = ({ client, task, on }, set, get) => {
  const nothing: Pick<ExportSlice, "exported" | "saving" | "saveError"> = {
    exported: { phase: "none", last: null },
    saving: { phase: "none" },
    saveError: null,
  };
  on({ model: { clear: () => nothing } });
  const preparing = task({
    name: "export",
    isRunning: ({ exported }) => exported.phase === "preparing",
    run() {
      const { exported, exportChoice: choice } = get();
      if (!isPruned(get())) return null;
      return preparation<Prepared>(
        (now) => ({ exported: now }),
        exported.last,
        async () => ({ ...(await client.request({ type: "prepareExport", forms: USUAL_FORMS, choice })), choice }),
      );
    },
  });
  const zip = task({
    ...SAVE,
    run: (form: Savable) =>
      saveRun(
        form,
        () => client.request({ type: "saveZip", form }),
        ({ name }) => `Saved to Downloads: ${name}`,
      ),
  });
  const toFolder = task({
    ...SAVE,
    run: (form: Savable, folder: FileSystemDirectoryHandle) =>
      saveRun(
        form,
        () => client.request({ type: "saveFolder", form, folder }),
        ({ files }) => `Saved ${files} files to ${folder.name}`,
      ),
  });
  return {
    ...nothing,
    exportChoice: DEFAULT_CHOICE,
    chooseExport: (patch) => set(({ exportChoice }) => ({ exportChoice: { ...exportChoice, ...patch } })),
    prepareExport: preparing.start,
    cancelExport: preparing.cancel,
    cancelSave: zip.cancel,
    saveZip: zip.result,
    saveFolder: toFolder.start,
  };
};
