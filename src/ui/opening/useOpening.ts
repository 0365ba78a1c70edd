// Opening a model from the page: from any source, or from a folder that is remembered for the next time.
import { useMemo } from "react";
import { EngineError } from "../../engine/index.ts";
import { bytes } from "../../shared/format.ts";
import { canOpenModel } from "../../state/allowed.ts";
import type { ModelFacts, ModelSource } from "../../worker/protocol.ts";
import { rememberFolder, sourceOfFolder } from "./rememberedFolders.ts";
import { useStudio, useStudioStore } from "../studioContext.tsx";

/** A dialog hides the page from screen readers; by then it has closed. */
const DIALOG_CLOSES_MS = 100;

/** What the page says when a person has opened a model. */
const openedText = ({ name, fileBytes, gpuBytes }: ModelFacts): string =>
  `Opened ${name}: file ${bytes(fileBytes)}, on the GPU ${bytes(gpuBytes)}.`;

interface OpenActions {
  /** Opens a source. On success the library closes, the page says so, and `folder` is remembered. */
  openSource(source: ModelSource, folder?: FileSystemDirectoryHandle | null): Promise<void>;
  /** Opens a folder on this machine. */
  openFolder(handle: FileSystemDirectoryHandle): Promise<void>;
  /** Shows the browser's folder picker and opens what is picked; false where the browser has no picker. */
  pickFolder(): boolean;
}

/** True while no other model can be opened: one is being opened already, or a run is in progress. */
export function useOpenBlocked(): boolean {
  return !useStudio(canOpenModel);
}

export function useOpening(): OpenActions {
  const { store } = useStudioStore();
  return useMemo(() => {
    const { open, showLibrary, announce, notify } = store.getState();
    const failed = (error: unknown): void => {
      // closing the picker is not an error
      if (!(error instanceof DOMException && error.name === "AbortError")) notify(EngineError.from(error), "model");
    };
    const openSource: OpenActions["openSource"] = async (source, folder) => {
      // do not wait for the texts, which may take seconds more to tokenize
      const leave = store.subscribe(({ model, source: now }) => {
        if (model.phase !== "open" || now !== source) return;
        leave();
        showLibrary(false);
        setTimeout(() => announce(openedText(model.facts)), DIALOG_CLOSES_MS);
        // a folder that cannot be remembered has to be picked again next time
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
