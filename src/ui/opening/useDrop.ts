// Files that are dropped on the page: a model is opened, a text becomes the calibration text.
import { type DragEvent, useState } from "react";
import { EngineError } from "../../engine/index.ts";
import { useStudioStore } from "../studioContext.tsx";
import { readDrop } from "./droppedFiles.ts";
import { takeTexts } from "./droppedTexts.ts";
import { useOpening } from "./useOpening.ts";

interface Drop {
  /** Files are over the page. */
  dragging: boolean;
  /** For the element that takes files. */
  handlers: Record<"onDragOver" | "onDragLeave" | "onDrop", (event: DragEvent) => void>;
}

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes("Files");

export function useDrop(): Drop {
  const { store } = useStudioStore();
  const { openSource } = useOpening();
  const [dragging, setDragging] = useState(false);
  const take = async (transfer: DataTransfer): Promise<void> => {
    try {
      const dropped = await readDrop(transfer);
      if (dropped.kind === "texts") await takeTexts(store, dropped.files);
      else if (dropped.source) await openSource(dropped.source, dropped.folder);
    } catch (error) {
      store.getState().report(EngineError.from(error), { context: "model" });
    }
  };
  return {
    dragging,
    handlers: {
      onDragOver(event) {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        setDragging(true);
      },
      onDragLeave(event) {
        if (event.currentTarget === event.target || event.relatedTarget === null) setDragging(false);
      },
      onDrop(event) {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        setDragging(false);
        void take(event.dataTransfer);
      },
    },
  };
}
