// The entry of the worker that llama.cpp runs in, in a browser.
import wasmUrl from "@wllama/wllama/esm/single-thread/wllama.wasm?url";
import { llamaCommands } from "./llamaCommands.ts";
import { configureLlama } from "./llamaSession.ts";
import { receiver } from "./workerHandlers.ts";

// wllama resolves addresses against the document, which a worker does not have
Object.defineProperty(self, "document", { value: { baseURI: self.location.href } });
configureLlama(new URL(wasmUrl, self.location.href).href);

const receive = receiver(llamaCommands, (message, transfer) => self.postMessage(message, { transfer }));
self.onmessage = ({ data }: MessageEvent<Parameters<typeof receive>[0]>): void => receive(data);
