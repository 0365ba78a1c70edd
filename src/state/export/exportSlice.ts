// Export: written, read back and compared by the worker before it is offered; then saved as a zip or into a folder.
import { EngineError, FORMS } from "../../engine/index.ts";
import type { ExportChoice, Savable } from "../../worker/protocol.ts";
import { preparation } from "./prepareExport.ts";
import { isPruned } from "../run/prunedNow.ts";
import type { ExportSlice, Prepared, SliceOf } from "../storeState.ts";

/** As the hub shards by default: a model of this studio is one file. */
const SHARD_BYTES = 5e9;
const AS_IT_IS: ExportChoice = { dtype: null, shardBytes: SHARD_BYTES };

export const exportSlice: SliceOf<ExportSlice> = (deps, set, get) => {
  const { client, cancelTask: callOff } = deps;
  const prepare = preparation<Prepared>(deps, set, get, (exported) => ({ exported }));
  /** Runs one saving; answers null where it failed or was called off. */
  const save = async <T>(form: Savable, send: () => Promise<T>, note: (value: T) => string): Promise<T | null> => {
    if (get().saving.phase === "saving") return null;
    set({ saving: { phase: "saving", form }, saveError: null });
    try {
      const value = await send();
      set({ saving: { phase: "saved", form, note: note(value) } });
      return value;
    } catch (thrown) {
      const error = EngineError.from(thrown);
      set({ saving: { phase: "none" }, saveError: error.code === "cancelled" ? null : error });
      if (error.code === "device-lost") get().report(error);
      return null;
    } finally {
      get().setProgress("save", null);
    }
  };

  return {
    exported: { phase: "none", last: null },
    saving: { phase: "none" },
    saveError: null,
    exportChoice: AS_IT_IS,
    chooseExport: (patch) => set(({ exportChoice }) => ({ exportChoice: { ...exportChoice, ...patch } })),
    async prepareExport() {
      const { exported, exportChoice: choice } = get();
      if (exported.phase === "preparing" || !isPruned(get())) return;
      await prepare(exported.last, async () => {
        const made = await client.request({ type: "prepareExport", forms: FORMS, choice });
        return { ...made, choice };
      });
    },
    cancelExport: () => callOff("export"),
    cancelSave: () => callOff("save"),
    saveZip: (form) =>
      save(
        form,
        () => client.request({ type: "saveZip", form }),
        ({ name }) => `${name} is in the downloads`,
      ),
    async saveFolder(form, folder) {
      await save(
        form,
        () => client.request({ type: "saveFolder", form, folder }),
        ({ files }) => `${files} files are in ${folder.name}`,
      );
    },
  };
};
