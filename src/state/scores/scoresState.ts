// State of the zero-shot tasks: which are chosen, and the scores that were measured last.
import type { EngineError, TextTask } from "../../engine/index.ts";
import type { ScoreReport, TaskChoice } from "../../worker/protocol.ts";

/** A task file as it was read. */
type TaskFile = Extract<TaskChoice, { file: unknown }>;

/** Scores with the words for what they are of. */
export interface MeasuredScores extends ScoreReport {
  words: string;
}

export interface ScoresSlice {
  /** Tasks that are made from the evaluation text. */
  madeTasks: readonly TextTask[];
  taskFile: TaskFile | null;
  /** Why the last file could not be read. */
  taskFileError: EngineError | null;
  /** Items of each task, at most. */
  taskItems: number;
  /** last: the scores of before stay while new ones are measured. */
  scores:
    | { phase: "none" }
    | { phase: "measuring" | "measured"; last: MeasuredScores | null }
    | { phase: "failed"; error: EngineError; last: MeasuredScores | null };
  toggleTask(task: TextTask): void;
  setTaskItems(items: number): void;
  /** Reads a file of JSON lines; the file before stays where this one cannot be read. */
  chooseTaskFile(name: string, content: string): Promise<void>;
  dropTaskFile(): void;
  /** Scores the chosen tasks on the dense model and the current pruning; what is complete is saved with its run. */
  scoreTasks(): Promise<void>;
  /** Ends the measurement. What is complete stays. */
  stopScores(): Promise<void>;
}
