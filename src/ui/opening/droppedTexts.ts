// Text files that were dropped on the page: one is the calibration text, as if it was picked under Texts.
import { EngineError } from "../../engine/index.ts";
import { whole } from "../../shared/format.ts";
import { canChangeTexts } from "../../state/allowed.ts";
import type { StudioStore } from "../../state/store.ts";
import { readTextFile } from "../parts/readTextFile.ts";

/** Takes a dropped text; refuses several, and any while a run trains, with what to do. */
export async function takeTexts(store: StudioStore["store"], files: readonly File[]): Promise<void> {
  const { notify, setTexts, announce } = store.getState();
  const [file, ...others] = files;
  if (!file) return;
  try {
    if (others.length > 0)
      throw new EngineError(
        "config",
        `Expected one text, got ${files.map(({ name }) => name).join(", ")}. Drop the calibration text alone; choose the evaluation text under Texts.`,
      );
    if (!canChangeTexts(store.getState()))
      throw new EngineError(
        "config",
        `${file.name}: texts cannot be changed while a run trains. Pause or stop it, then drop the file again.`,
      );
    await setTexts({ calibration: { kind: "own", name: file.name, text: await readTextFile(file) } });
    const { textError, counts } = store.getState();
    if (textError) return;
    const tokens = counts ? `, ${whole(counts.calibrationTokens)} tokens` : "";
    announce(`Calibration text: ${file.name}${tokens}. The evaluation text is as before.`);
  } catch (error) {
    notify(EngineError.from(error), "text");
  }
}
