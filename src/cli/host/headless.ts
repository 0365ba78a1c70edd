// The engine in headless Chromium: a local server for the page and the files, and a browser that opens the page.
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright";
import { createServer } from "vite";
import { chromiumFlags, findChromium } from "../../../scripts/chromium/chromium.ts";
import { LocalFiles } from "./localFiles.ts";
import { UsageError } from "../arguments/usageError.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

export interface Headless {
  page: Page;
  files: LocalFiles;
  close(): Promise<void>;
}

/** Opens a page of the project, by default the command line's. `onReport` receives what the page passes to window.report. */
export async function openHeadless(
  onReport: (report: unknown) => void = () => undefined,
  { path = "src/cli/page/page.html", ready = "espalier" } = {},
): Promise<Headless> {
  const executablePath = findChromium();
  if (!executablePath) {
    throw new UsageError(
      "Chromium: expected an installed one, got none. Install it (Debian: apt-get install chromium) or set CHROME_PATH to a Chrome or Chromium.",
    );
  }
  const files = new LocalFiles();
  const server = await createServer({
    root: ROOT,
    configFile: fileURLToPath(new URL("../../../vite.config.ts", import.meta.url)),
    logLevel: "error",
    server: { host: "127.0.0.1", port: 0, hmr: false, watch: null },
    plugins: [
      {
        name: "local-files",
        configureServer: ({ middlewares }) => {
          middlewares.use((request, response, next) => {
            files.handle(request, response).then((done) => {
              if (!done) next();
            }, next);
          });
        },
      },
    ],
  });
  await server.listen();
  const address = server.httpServer?.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const browser = await chromium.launch({ executablePath, args: chromiumFlags() });
  const close = async (): Promise<void> => {
    await browser.close();
    await server.close();
  };
  try {
    const page = await browser.newPage();
    await page.exposeFunction("report", onReport);
    page.on("pageerror", (error) => process.stderr.write(`${error.message}\n`));
    await page.goto(`http://127.0.0.1:${port}/${path}`);
    await page.waitForFunction((name) => name in window, ready, { timeout: 60_000 });
    return { page, files, close };
  } catch (error) {
    await close();
    throw error;
  }
}
