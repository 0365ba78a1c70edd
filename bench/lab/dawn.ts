// Dawn in Node: WebGPU without a browser, from the npm package `webgpu`.
import { createRequire } from "node:module";
import { join } from "node:path";

interface Dawn {
  create(flags: string[]): GPU;
  globals: Record<string, unknown>;
}

/** Flags of Dawn: Vulkan, and the features that are still experimental where the adapter has them. */
const FLAGS = ["backend=vulkan", "enable-dawn-features=allow_unsafe_apis"];

/**
 * Makes navigator.gpu and the constants of WebGPU global, as in a browser. `library` is the path of dawn.node; by default that of the
 * package. Throws if the library cannot be loaded.
 */
export function installDawn(library: string | undefined): void {
  const load = createRequire(import.meta.url);
  const file =
    library ?? join(load.resolve("webgpu"), "..", "dist", `${process.platform}-${process.arch}`, "dawn.node");
  const dawn = load(file) as Dawn;
  Object.assign(globalThis, dawn.globals);
  Object.defineProperty(globalThis, "navigator", { value: { gpu: dawn.create(FLAGS) }, configurable: true });
}
