// Browser tests: what a person does with the built studio, in the installed Chromium with WebGPU.
import { availableParallelism } from "node:os";
import { defineConfig } from "@playwright/test";
import { chromiumLaunch } from "./scripts/chromium/chromium.ts";

const port = Number(process.env["ESPALIER_E2E_PORT"] ?? 4283);
/** These measure time or memory, so nothing runs beside them. */
const MEASURED = /(exportMemory|firstPicture|gguf|page)\.spec\.ts$/;

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  // each browser has a software GPU, which takes little more than one core: two files run beside each other, and timeouts are long
  workers: Math.min(2, availableParallelism()),
  fullyParallel: false,
  projects: [
    { name: "journeys", testIgnore: MEASURED },
    { name: "measured", testMatch: MEASURED, workers: 1, dependencies: ["journeys"] },
  ],
  retries: 0,
  timeout: 240_000,
  expect: { timeout: 60_000 },
  forbidOnly: true,
  reporter: [
    ["list"],
    ["./e2e/support/failurePages.ts"],
    ["json", { outputFile: process.env["ESPALIER_REPORT"] ?? ".cache/reports/e2e.json" }],
  ],
  use: {
    baseURL: `http://localhost:${port}/`,
    viewport: { width: 1440, height: 900 },
    colorScheme: "light",
    // a copy of the page would answer instead of the server, whose faults are tested; offline.spec.ts allows it
    serviceWorkers: "block",
    // tracing runs on the page's own thread, whose speed the tests measure
    trace: "off",
    screenshot: "only-on-failure",
    launchOptions: chromiumLaunch(),
  },
  webServer: {
    command: `node node_modules/vite/bin/vite.js preview --host localhost --port ${port} --strictPort`,
    url: `http://localhost:${port}/`,
    reuseExistingServer: false,
    timeout: 60_000,
  },
});
