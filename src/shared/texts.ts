// The four texts that come with the studio, by name and in words.
import type { TextSource } from "../../worker/protocol.ts";

export type BundledName = Extract<TextSource, { kind: "bundled" }>["name"];

export const BUNDLED_TEXTS: readonly { name: BundledName; title: string; note: string }[] = [
  {
    name: "sotu-train",
    title: "Speeches, training part",
    note: "State of the Union addresses; the model has read them",
  },
  { name: "sotu-held", title: "Speeches, held out", note: "State of the Union addresses that the model has not read" },
  { name: "moby-train", title: "Moby Dick, training part", note: "most chapters; the model has read them" },
  { name: "moby-held", title: "Moby Dick, held out", note: "every ninth chapter or so; not read by the model" },
];

/** What a run starts with: calibrate on what the model knows, measure on what it does not. */
export const DEFAULT_TEXTS: Record<"calibration" | "evaluation", { kind: "bundled"; name: BundledName }> = {
  calibration: { kind: "bundled", name: "sotu-train" },
  evaluation: { kind: "bundled", name: "sotu-held" },
};

/** A text's name for people: a bundled one's title, whether named as a source or as the worker's file; others as they are. */
export function titleOf({ name }: Pick<TextSource, "name">): string {
  const stem = name.replace(/\.txt$/, "");
  return BUNDLED_TEXTS.find((text) => text.name === stem)?.title ?? name;
}
