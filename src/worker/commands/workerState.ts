// What all commands work on: the device with the open model, the texts, the current pruning, and measurements.
import type { PlanResult } from "../../engine/index.ts";
import { evaluationTokensFor } from "../../shared/evaluationTokens.ts";
import { DEFAULT_TEXTS, type TextSources } from "../../shared/texts.ts";
import type { Command, CommandOf, Replies, WorkerEvent } from "../protocol.ts";
import { CheckpointFiles } from "../run/checkpointFile.ts";
import { CurrentPruning } from "../run/currentPruning.ts";
import { ModelOnDevice } from "../run/modelOnDevice.ts";
import { Perplexities } from "../measure/perplexities.ts";
import type { TaskScores } from "../measure/taskScores.ts";
import { Claims, type Release } from "../storage/claims.ts";
import { type EncodedText, Texts } from "../storage/texts.ts";
import { Tasks } from "../tasks.ts";

export type Handlers = { [T in Command["type"]]: (command: CommandOf<T>) => Promise<Replies[T]> };

export class WorkerState {
  readonly texts = new Texts();
  readonly perplexities = new Perplexities();
  readonly claims = new Claims();
  readonly checkpoints = new CheckpointFiles();
  /** Scores of the open model, once there are any. */
  taskScores: TaskScores | undefined;
  readonly tasks: Tasks;
  readonly onDevice: ModelOnDevice;
  readonly pruning: CurrentPruning;
  /** What was planned for the open model; missing before the first model. */
  planned: PlanResult | undefined;
  /** Memory of the GPU that plans have to fit into; null where the page did not give it. */
  memoryBytes: number | null = null;
  /** Whether a run that is about to begin was stopped, such as while its text is encoded. */
  startStopped = false;
  /** Lets the files of the open model be removed. */
  releaseModel: Release = () => undefined;
  sources: TextSources = DEFAULT_TEXTS;
  /** How many tokens perplexity is measured on, as the page last requested. */
  evaluationTokens = evaluationTokensFor({ software: true });

  constructor(readonly send: (event: WorkerEvent) => void) {
    this.tasks = new Tasks(send);
    this.onDevice = new ModelOnDevice((error) => send({ type: "error", error: error.toPlain(), during: "device" }));
    this.pruning = new CurrentPruning(this.onDevice, this.perplexities, send);
  }

  /** Throws "cancelled" soon after `cancelled` returns true: a hostile tokenizer may take minutes. */
  text(of: keyof TextSources, cancelled?: () => boolean): Promise<EncodedText> {
    return this.texts.encoded(this.sources[of], cancelled);
  }
}
