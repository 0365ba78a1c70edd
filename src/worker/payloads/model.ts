// What is said of models: where they come from, and what is known of them.
import type {
  AdapterFacts,
  Manifest,
  ModelCard,
  ModelConfig,
  ParameterCounts,
  PlanChoice,
  TunedModel,
} from "../../engine/index.ts";

/** Where a model comes from. */
export type ModelSource = Origin & {
  /** Precision and lengths to open and measure it with; the usual ones where it is left out. */
  choice?: PlanChoice;
};

/** A file and its path below what was picked or dropped, with "/" between its parts: a File that is sent to a worker loses its path. */
export interface PickedFile {
  path: string;
  file: File;
}

type Origin =
  | { kind: "embedded" }
  /** Picked or dropped. `subfolders` are those whose files are not among them. */
  | { kind: "files"; name: string; files: readonly PickedFile[]; subfolders?: readonly string[] }
  /** A name on the hub or an address; the server is asked whether what is cached has changed. */
  | { kind: "hub"; address: string }
  /** The cached copy of it; uses the network only for files that are missing or broken. */
  | { kind: "cached"; address: string };

/** A model that was fetched, fully or in part. Family and licence are known once it has been open. */
export interface CachedModel extends Pick<Manifest, "address" | "name" | "lastUsed">, Partial<ModelCard> {
  /** Bytes that have arrived. */
  bytes: number;
  /** Bytes of all its files, as far as known. */
  ofBytes: number;
  whole: boolean;
}

type ConfigFacts = Pick<
  ModelConfig,
  "modelType" | "layers" | "dModel" | "dMlp" | "heads" | "kvHeads" | "headDim" | "glu" | "vocab" | "context"
>;

/** What is known of a model before it is on the GPU. */
export interface KnownFacts extends ConfigFacts {
  name: string;
  /** As in the records of its runs. */
  fingerprint: string;
  /** Element type of the weights in its files. */
  dtype: string;
  parameters: ParameterCounts;
  /** Of the weights on disk. */
  fileBytes: number;
  /** Element type of the weights on disk: unlike `dtype` also that of a quantised file, such as "Q4_1". */
  fileDtype: string;
  /** As its card states it. */
  licence: string;
}

/** The open model. */
export interface ModelFacts extends KnownFacts {
  gpuBytes: number;
  /** Of the matrices on the GPU. */
  gpuDtype: PlanChoice["precision"];
  adapter: Pick<AdapterFacts, "name" | "software">;
  /** What a user should know about the files although the model opens. */
  notes: readonly string[];
  /** How its matmul kernels were chosen. */
  matmul: TunedModel;
}
