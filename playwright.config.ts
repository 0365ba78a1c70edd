// Browser tests: what a person does with the built studio, in the installed Chromium with WebGPU.
import { defineConfig } from "@playwright/test";
import { chromiumFlags, findChromium } from "./scripts/chromium/chromium.ts";

const port = Number(process.env["ESPALIER_E2E_PORT"] ?? 4283);
const executablePath = findChromium();

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  // tests share one software GPU on few cores: they run one after another, and timeouts are long
  workers: 1,
  fullyParallel: false,
  retries: 0,
  timeout: 240_000,
  expect: { timeout: 60_000 },
  forbidOnly: true,
  reporter: [["list"], ["json", { outputFile: process.env["ESPALIER_REPORT"] ?? ".cache/reports/e2e.json" }]],
  use: {
    baseURL: `http://localhost:${port}/`,
    viewport: { width: 1440, height: 900 },
    colorScheme: "light",
    // tracing runs on the page's own thread, whose speed the tests measure
    trace: "off",
    screenshot: "only-on-failure",
    launchOptions: { ...(executablePath ? { executablePath } : {}), args: chromiumFlags() },
  },
  webServer: {
    command: `node node_modules/vite/bin/vite.js preview --host localhost --port ${port} --strictPort`,
    url: `http://localhost:${port}/`,
    reuseExistingServer: false,
    timeout: 60_000,
  },
});
