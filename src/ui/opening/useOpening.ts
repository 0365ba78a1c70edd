// Opening a model from the page: a source, or a folder that is remembered once it has been open.
import { useMemo } from "react";
import { EngineError } from "../../engine/index.ts";
import type { ModelSource } from "../../worker/protocol.ts";
import { rememberFolder, sourceOfFolder } from "./rememberedFolders.ts";
import { useStudio, useStudioStore } from "../studioContext.tsx";

export interface OpenActions {
  /** Opens a source; on success the library closes. `folder` is remembered then. */
  openSource(source: ModelSource, folder?: FileSystemDirectoryHandle | null): Promise<void>;
  openFolder(handle: FileSystemDirectoryHandle): Promise<void>;
  /** The browser's folder picker, where it has one; false where it has none. */
  pickFolder(): boolean;
}

/** True while no other model can be opened: one is being opened, or a run is under way. */
export function useOpenBlocked(): boolean {
  return useStudio(({ run, asked, model }) => run.phase === "training" || asked !== null || model.phase === "opening");
}

export function useOpening(): OpenActions {
  const { store } = useStudioStore();
  return useMemo(() => {
    const { open, showLibrary, notify } = store.getState();
    const failed = (error: unknown): void => {
      // closing the picker is an answer, not an error
      if (!(error instanceof DOMException && error.name === "AbortError")) notify(EngineError.from(error));
    };
    const openSource: OpenActions["openSource"] = async (source, folder) => {
      // as soon as the model is there: encoding its texts may take seconds more
      const leave = store.subscribe(({ model, source: now }) => {
        if (model.phase !== "open" || now !== source) return;
        leave();
        showLibrary(false);
        // a folder that cannot be remembered is chosen again next time
        if (folder) rememberFolder(folder, model.facts).catch(() => undefined);
      });
      await open(source);
      leave();
    };
    const openFolder: OpenActions["openFolder"] = async (handle) => {
      try {
        await openSource(await sourceOfFolder(handle), handle);
      } catch (error) {
        failed(error);
      }
    };
    return {
      openSource,
      openFolder,
      pickFolder() {
        if (!window.showDirectoryPicker) return false;
        window.showDirectoryPicker({ mode: "read" }).then(openFolder, failed);
        return true;
      },
    };
  }, [store]);
}
