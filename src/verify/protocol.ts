// The messages between src/verify and its worker: types only.

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

export type ToOnnx = { id: number } & OnnxCommand;
export type FromOnnx =
  { id: number; value: OnnxReplies[keyof OnnxReplies] } | { id: number; failure: { name: string; message: string } };
