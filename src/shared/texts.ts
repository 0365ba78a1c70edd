// The texts to calibrate and to evaluate on: the bundled ones, the defaults, and their titles.

/** The texts that come with the studio (scripts/texts.ts makes them), with a title and a note for the menu. */
export const BUNDLED_TEXTS = [
  {
    name: "sotu-train",
    title: "Speeches, training part",
    note: "State of the Union addresses that the model was trained on",
  },
  {
    name: "sotu-held",
    title: "Speeches, held out",
    note: "State of the Union addresses that the model has not seen",
  },
  { name: "moby-train", title: "Moby Dick, training part", note: "the chapters that the model was trained on" },
  { name: "moby-held", title: "Moby Dick, held out", note: "about every ninth chapter; the model has not seen them" },
] as const;

type BundledName = (typeof BUNDLED_TEXTS)[number]["name"];
interface BundledText {
  kind: "bundled";
  name: BundledName;
}

/** A text to calibrate or to evaluate on: one of the bundled ones, or a file of the user's. */
export type TextSource = BundledText | { kind: "own"; name: string; text: string };

export interface TextSources {
  calibration: TextSource;
  evaluation: TextSource;
}

/** Calibrates on what the embedded model was trained on, and evaluates on what it has not seen. */
export const DEFAULT_TEXTS: Record<keyof TextSources, BundledText> = {
  calibration: { kind: "bundled", name: "sotu-train" },
  evaluation: { kind: "bundled", name: "sotu-held" },
};

/** The bundled text's title, also for the name of its file; any other text keeps its name. */
export function titleOf({ name }: { name: string }): string {
  const stem = name.replace(/\.txt$/, "");
  return BUNDLED_TEXTS.find((text) => text.name === stem)?.title ?? name;
}
