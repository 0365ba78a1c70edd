// The texts to calibrate and to evaluate on: the bundled ones, the defaults, and their titles.

/** The texts that come with the studio (scripts/texts.ts makes them), with the SHA-256 of the file, and a title and a note for the menu. */
export const BUNDLED_TEXTS = [
  {
    name: "sotu-train",
    sha256: "d82e756e8d4d19667c60808f4bcef6fadd3ebb3ceeb526fcc283d830d7163bd8",
    title: "Speeches, training part",
    note: "State of the Union addresses that the model was trained on",
  },
  {
    name: "sotu-held",
    sha256: "0cfb1f38340aeec2ff590d96ce46af7ad322ebebceff761ccf7a82839b2b4b9b",
    title: "Speeches, held out",
    note: "State of the Union addresses that the model has not seen",
  },
  {
    name: "moby-train",
    sha256: "b9327a0d03e2efb5a472e39a80b0d6d0795666244ed8b8c8f56425da34d6438a",
    title: "Moby Dick, training part",
    note: "the chapters that the model was trained on",
  },
  {
    name: "moby-held",
    sha256: "4d9935af772711db9965447c4d5e6e2452962de4326f87ed18ed41525ba154ab",
    title: "Moby Dick, held out",
    note: "about every ninth chapter; the model has not seen them",
  },
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

/** The bundled text of this file name, such as "sotu-held.txt"; null for any other text. */
export function bundledText(fileName: string): BundledText | null {
  const found = BUNDLED_TEXTS.find(({ name }) => `${name}.txt` === fileName);
  return found ? { kind: "bundled", name: found.name } : null;
}

/** The bundled text's title, also for the name of its file; any other text keeps its name. */
export function titleOf({ name }: { name: string }): string {
  const stem = name.replace(/\.txt$/, "");
  return BUNDLED_TEXTS.find((text) => text.name === stem)?.title ?? name;
}
