// Test projects: three of "unit" in Node, "gpu" in a real Chromium with WebGPU (a missing GPU fails, never skips).
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumLaunch } from "./scripts/chromium/chromium.ts";

const GPU_TESTS = "src/**/*.gpu.test.ts";
const testsIn = (...folders: string[]): string[] => folders.map((folder) => `src/${folder}/**/*.test.ts`);
/** Stores and modules with state: each file has a thread of its own. */
const PAGE = testsIn("ui", "state", "worker");
/** Without such state: the tests share one thread, which reads each module once. */
const SHARED = testsIn("engine", "shared", "charts", "lab");
const NODE = { environment: "node", testTimeout: 30_000 } as const;

export default defineConfig({
  test: {
    projects: [
      {
        // what is left are programs: they set the user, folder and signals of their process
        test: {
          ...NODE,
          name: "unit",
          include: ["src/**/*.test.ts", "scripts/**/*.test.ts", "bench/**/*.test.ts"],
          exclude: [GPU_TESTS, ...PAGE, ...SHARED],
        },
      },
      { test: { ...NODE, name: "unit-page", include: PAGE, exclude: [GPU_TESTS], pool: "threads" } },
      {
        test: { ...NODE, name: "unit-shared", include: SHARED, exclude: [GPU_TESTS], pool: "threads", isolate: false },
      },
      {
        // bundled in advance: a dependency that vite finds during a test makes it reload the page under the test
        optimizeDeps: {
          include: ["@huggingface/tokenizers", "client-zip", "onnxruntime-web/wasm", "@wllama/wllama/esm/index.js"],
        },
        test: {
          name: "gpu",
          include: [GPU_TESTS],
          testTimeout: 120_000,
          // one page for all files, one after another: they share devices and what these have compiled (gpu/sharedGpu.fixture.ts)
          fileParallelism: false,
          isolate: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: chromiumLaunch() }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
