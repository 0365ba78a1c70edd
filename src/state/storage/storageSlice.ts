// What the browser stores for this page: listing it and removing it. Saved runs are in runsSlice.
import { EngineError, runJson } from "../../engine/index.ts";
import type { SliceOf } from "../slice.ts";
import type { StorageSlice } from "./storageState.ts";

export const storageSlice: SliceOf<StorageSlice> = ({ client }, set, get) => {
  const list = async (): Promise<void> => {
    try {
      set({ storage: await client.request({ type: "storage" }) });
    } catch (error) {
      set({ storageError: EngineError.from(error) });
    }
  };
  /** One after the other: masks of a large model are large. */
  const readRunBytes = async (): Promise<void> => {
    for (const { id } of get().runs ?? []) {
      if (id in get().runBytes) continue;
      // damaged masks have no size; the run can be removed all the same
      const run = await get()
        .readRun(id)
        .catch(() => null);
      if (run) set({ runBytes: { ...get().runBytes, [id]: JSON.stringify(runJson(run)).length } });
    }
  };
  return {
    ...{ offlineCopy: "none", newVersion: false },
    ...{ storage: null, runBytes: {}, storageRemoval: null, storageError: null },
    setOfflineCopy: (offlineCopy) => set({ offlineCopy }),
    showNewVersion: () => set({ newVersion: true }),
    async loadStorage() {
      set({ storageRemoval: null, storageError: null });
      await list();
      await readRunBytes();
    },
    async removeStored(kind, ids) {
      set({ storageRemoval: null, storageError: null });
      try {
        set({ storageRemoval: await client.request({ type: "removeStored", kind, ids }) });
      } catch (error) {
        set({ storageError: EngineError.from(error) });
      }
      await list();
      if (kind === "model") await get().refreshLibrary();
    },
  };
};
