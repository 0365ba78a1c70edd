// The messages between src/verify and its workers: types only.

/** The files of the model come first, each in parts; then "open"; then any command. Replies are in the order of the commands. */
export type OnnxCommand =
  | { type: "file"; path: string; sizeBytes: number }
  | { type: "part"; path: string; offset: number; bytes: Uint8Array<ArrayBuffer> }
  /** `model` is the path of the graph; the other files are its external data, named relative to it. */
  | { type: "open"; model: string }
  | { type: "forward"; ids: Uint32Array }
  | { type: "decode"; ids: Uint32Array; prompt: number }
  | { type: "time"; ids: Uint32Array; decodeTokens: number; repeats: number };

export interface OnnxReplies {
  file: null;
  part: null;
  /** Version of onnxruntime-web, and its number of threads. */
  open: { version: string; threads: number };
  forward: Float32Array<ArrayBuffer>;
  decode: Float32Array<ArrayBuffer>;
  time: OnnxTimes;
}

/** Milliseconds of each repetition of a forward over the ids, and of each token decoded after them with the KV cache. */
export interface OnnxTimes {
  forwardMs: number[];
  decodeMs: number[];
}

/** The parts of the file come first; then "open"; then any command. */
export type LlamaCommand =
  | { type: "part"; bytes: Uint8Array<ArrayBuffer> }
  /** tokens: length of the context. */
  | { type: "open"; tokens: number }
  | { type: "tokenize"; text: string }
  | { type: "logProbabilities"; ids: Uint32Array; first: number };

export interface LlamaReplies {
  part: null;
  /** Version of llama.cpp. */
  open: { version: string };
  tokenize: number[];
  /** Of every token after each of the ids from `first` on, row by row; NaN where llama.cpp's build has no number for them. */
  logProbabilities: Float32Array<ArrayBuffer>;
}

export type ToRuntime<Commands> = { id: number } & Commands;
export type FromRuntime = { id: number; value: unknown } | { id: number; failure: { name: string; message: string } };
