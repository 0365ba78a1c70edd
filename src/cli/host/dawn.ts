// Dawn in Node: WebGPU without a browser, from the npm package `webgpu`.
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { keepDevices } from "./devices.ts";

interface Dawn {
  create(flags: string[]): GPU;
  globals: Record<string, unknown>;
}

const load = createRequire(import.meta.url);

/** On Linux the only backend that computes. */
const BACKEND = process.platform === "linux" ? ["backend=vulkan"] : [];

/**
 * The features that are still experimental, where the adapter has them, halves on NVIDIA's cards, which Dawn leaves out on Vulkan, and exact
 * timestamps. A kernel that needs one of these features runs only if it was measured to give right results (ops/registry/tuneShapes.ts).
 */
const FLAGS = [
  "enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia",
  "disable-dawn-features=timestamp_quantization",
];

/** The folder of the package's library for this platform; there are none for others than it lists. */
const PLATFORM = `${process.platform}-${process.platform === "darwin" ? "universal" : process.arch}`;

/**
 * Makes navigator.gpu and the constants of WebGPU global, as in a browser. `library` is the path of dawn.node; by default that of the
 * package. With `backend` "null", the adapter offers every feature and validates everything but computes nothing. Throws if the library
 * cannot be loaded.
 */
export function installDawn(backend?: "null"): void {
  const file = process.env["ESPALIER_DAWN"] ?? join(dirname(load.resolve("webgpu")), "dist", PLATFORM, "dawn.node");
  const dawn = load(file) as Dawn;
  Object.assign(globalThis, dawn.globals);
  const navigator = {
    gpu: dawn.create([...(backend ? [`backend=${backend}`] : BACKEND), ...FLAGS]),
    hardwareConcurrency: availableParallelism(),
    userAgent: `Node.js/${nodeVersion}`,
  };
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
  keepDevices();
}

/** The major version. */
const nodeVersion = process.versions.node.split(".")[0] ?? "";

/** The host's name for receipts: "Dawn (webgpu 0.6.2) in Node 20". Its adapter and driver are named separately. */
export function dawnName(): string {
  const { version } = load("webgpu/package.json") as { version: string };
  return `Dawn (webgpu ${version}) in Node ${nodeVersion}`;
}
