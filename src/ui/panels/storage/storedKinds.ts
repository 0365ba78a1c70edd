// What each kind of stored thing is called, and what its removal means.
import type { StoredItem, StoredKind } from "../../../worker/protocol.ts";

interface KindText {
  kind: StoredKind;
  title: string;
  /** One sentence: what it is for. */
  about: string;
  /** What is lost by removing it, as a sentence. */
  loss: string;
}

export const STORED_KINDS: readonly KindText[] = [
  {
    kind: "model",
    title: "Downloaded models",
    about: "They open without the network.",
    loss: "A removed model has to be downloaded again.",
  },
  {
    kind: "checkpoint",
    title: "Checkpoints of runs",
    about: "A run continues from them after a reload. “Reset” or “Discard” removes that of this tab.",
    loss: "That run cannot be continued afterwards.",
  },
  {
    kind: "recovery",
    title: "Paused recoveries",
    about: "A recovery continues from them. “Discard” under Recover removes that of this tab.",
    loss: "That recovery cannot be continued afterwards.",
  },
  {
    kind: "export",
    title: "Prepared exports",
    about: "They are removed when their tab is closed.",
    loss: "That export has to be prepared again.",
  },
  {
    kind: "kernels",
    title: "Kernel choices",
    about: "The fastest matmul kernels of each model on this GPU.",
    loss: "They are measured again when a model opens.",
  },
  {
    kind: "page",
    title: "Offline copy of this page",
    about: "The page, the built-in model and its texts.",
    loss: "Until the next visit with a network, the page does not load without one.",
  },
  {
    kind: "damaged",
    title: "Damaged files",
    about: "Set aside because they could not be read, each with the reason.",
    loss: "They cannot be examined afterwards.",
  },
];

/** Hexadecimal digits of a fingerprint that are shown. */
const DIGITS = 8;

/** What a stored thing is called. names: of models by their fingerprints, as far as known. */
export function storedTitle({ kind, id, name }: StoredItem, names: ReadonlyMap<string, string>): string {
  if (name !== null) return name;
  const [fingerprint = ""] = id.split(/[.-]/);
  const model = names.get(fingerprint) ?? `model ${fingerprint.slice(0, DIGITS)}`;
  switch (kind) {
    case "checkpoint":
      return `Run of ${model}`;
    case "recovery":
      return `Recovery of ${model}`;
    case "export":
      return "Export of a tab";
    case "kernels":
      return "All measured models";
    case "page":
      return "Files of the page";
    case "model":
    case "damaged":
      return id;
  }
}
