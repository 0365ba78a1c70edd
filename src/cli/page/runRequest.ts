// What the command line asks the page to do in a run of any method.
import type { RecoveryPlan, WeightStorage } from "../../engine/index.ts";
import type { FormsRequest } from "./forms.ts";
import type { ServedFolder } from "./servedModel.ts";

/** A text with its name. */
export interface NamedText {
  name: string;
  content: string;
}

export interface RunRequest extends FormsRequest {
  /** Name of the host, for the receipt. */
  host: string;
  model: ServedFolder;
  text: NamedText;
  evaluation: NamedText;
  evaluationTokens: number;
  context: number;
  /** Tokens per training step, for the memory plan; the default recipe's where nothing is trained. */
  stepTokens?: number;
  /** A recovery, for the memory plan. */
  recoveryPlan?: RecoveryPlan;
  /** How matrices are stored on the GPU. */
  precision: WeightStorage;
  /** Memory of the GPU that the plan has to fit into; without it the fastest plan is taken. */
  memoryBytes?: number;
  /** Address of the folder where tables of matmul kernels are kept; null: the usual kernels, without measuring. */
  tuneFolder: string | null;
}
