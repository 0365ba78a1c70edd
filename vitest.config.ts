// Two test projects: "unit" in Node, "gpu" in a real Chromium with WebGPU (a missing GPU fails, never skips).
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumFlags, findChromium } from "./scripts/chromium/chromium.ts";

const executablePath = findChromium();

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "scripts/**/*.test.ts", "bench/**/*.test.ts"],
          exclude: ["**/*.gpu.test.ts"],
          environment: "node",
          testTimeout: 30_000,
        },
      },
      {
        // bundled in advance: a dependency that vite finds during a test makes it reload the page under the test
        optimizeDeps: {
          include: ["@huggingface/tokenizers", "client-zip", "onnxruntime-web/wasm", "@wllama/wllama/esm/index.js"],
        },
        test: {
          name: "gpu",
          include: ["src/**/*.gpu.test.ts"],
          testTimeout: 120_000,
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { ...(executablePath ? { executablePath } : {}), args: chromiumFlags() },
            }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
