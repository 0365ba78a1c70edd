// What the page tells the command line while it works.

/** Progress of a command, for the terminal. */
export interface RunReport {
  stage:
    | "open"
    | "tune"
    | "perplexity"
    | "agreement"
    | "tasks"
    | "dense perplexity"
    | "train"
    | "prune"
    | "refit"
    | "recover"
    | "pruned perplexity"
    | "export";
  done: number;
  of: number;
  note?: string;
}

/** A note on the model's files, printed on a line of its own. */
export interface NoticeReport {
  notice: string;
}

export type Reporter = (report: RunReport | NoticeReport) => void;

/** Passes reports on, with `prefix()` before each progress note. */
export const prefixed =
  (report: Reporter, prefix: () => string): Reporter =>
  (update) =>
    report("notice" in update ? update : { ...update, note: `${prefix()}${update.note ?? ""}` });
