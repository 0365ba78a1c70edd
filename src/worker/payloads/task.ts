// The progress of long tasks.

/** Progress of a long task, sent at most 10 times a second. */
export interface Progress {
  task: Task;
  done: number;
  total: number;
  unit: "bytes" | "tokens" | "steps" | "windows" | "items" | "files" | "cases" | "parts" | "ratios" | "shapes";
  /** Seconds left at the pace so far; left out while unknown. */
  secondsLeft?: number;
  note?: string;
}

export type Task =
  | "open"
  | "perplexity"
  | "quantisation"
  | "train"
  | "generate"
  | "export"
  | "save"
  | "speed"
  | "selfCheck"
  | "weights"
  | "losses"
  | "texts"
  | "scores"
  | "recover"
  | "curve";
