// A low-rank adapter as the files that peft (PyTorch) opens on the masked form of a model before its recovery.

/** The adapter of one matrix (out, in), which adds b a to it; rows of b and columns of a that pruning removed are 0. */
export interface LowRankFactors {
  shape: readonly number[];
  /** (rank, in). */
  a: Float32Array<ArrayBuffer>;
  /** (out, rank). */
  b: Float32Array<ArrayBuffer>;
}

/** Adapters of a model's matrices, by the names of their weights in the file. */
export interface LowRankAdapter {
  rank: number;
  factors: ReadonlyMap<string, LowRankFactors>;
}
