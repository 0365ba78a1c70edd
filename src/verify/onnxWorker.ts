// The entry of the worker that onnxruntime-web runs in, in a browser.
import threadUrl from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import wasmUrl from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import { onnxCommands } from "./onnxCommands.ts";
import { configureOnnx } from "./onnxSession.ts";
import { receiver } from "./workerHandlers.ts";

// All files come from this page's own server. Threads need shared memory, which only pages isolated from other origins have, and their own
// script, because this worker's script listens to other messages.
const ownUrl = (url: string): string => new URL(url, self.location.href).href;
const isolated = self.crossOriginIsolated;
configureOnnx({
  cores: isolated ? navigator.hardwareConcurrency : 1,
  files: { wasm: ownUrl(wasmUrl), ...(isolated ? { mjs: ownUrl(threadUrl) } : {}) },
});

const receive = receiver(onnxCommands, (message, transfer) => self.postMessage(message, { transfer }));
self.onmessage = ({ data }: MessageEvent<Parameters<typeof receive>[0]>): void => receive(data);
