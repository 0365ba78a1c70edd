// What a situation is: an error's code, what was being done, and what it means to the reader.
import type { ErrorCode } from "../../engine/index.ts";
import type { ErrorContext } from "../../state/page/pageState.ts";

export interface Situation {
  /** Unique; names the situation in tests. */
  name: string;
  codes: readonly ErrorCode[];
  /** What was being done; by default anything. */
  contexts?: readonly ErrorContext[];
  /** What the message has; by default anything. */
  says?: RegExp;
  /** Without a final period. */
  title: string;
  /** Full sentences. */
  advice: string;
}

/** What was being done, and what remains, in words that several files use. */
export const RUNS = ["runs"] as const;
export const TRAINING = ["training"] as const;
export const SAME_RUNS = "The saved runs are as before.";

/** Messages of requests that no server answered, as browsers and the engine word them. */
export const READ_ELSEWHERE =
  /Failed to fetch|NetworkError|Load failed|connection failed|no data arrived|could not be fetched/i;
