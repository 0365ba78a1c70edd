// The entry of the thread that onnxruntime-web runs in, in Node: src/verify/onnxWorker.ts is the same in a browser.
import { availableParallelism } from "node:os";
import { parentPort } from "node:worker_threads";
import { onnxCommands } from "../../verify/onnxCommands.ts";
import { configureOnnx } from "../../verify/onnxSession.ts";
import { receiver } from "../../verify/workerHandlers.ts";

configureOnnx({ cores: availableParallelism() });
const receive = receiver(onnxCommands, (message, transfer) => parentPort?.postMessage(message, transfer));
parentPort?.on("message", (message: Parameters<typeof receive>[0]) => receive(message));
