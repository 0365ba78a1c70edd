// The engine in headless Chromium: a local server for the page and the files, and a browser that opens the page.
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright";
import { createServer } from "vite";
import { chromiumFlags } from "../../../scripts/chromium/chromium.ts";
import { installedChromium } from "../../../scripts/chromium/ensureChromium.ts";
import type { HostCommands, Host, HostEntry } from "./host.ts";
import { LocalFiles } from "./localFiles.ts";
import { printable } from "./printable.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

export interface Headless {
  /** For receipts and figures. */
  name: string;
  page: Page;
  files: LocalFiles;
  close(): Promise<void>;
}

/**
 * Opens a page of the project and waits until its window has the property `name`. `profile`: a folder for what the page stores; without it
 * the browser stores nothing, and keeps files of the page in memory. `onReport` receives what the page passes to window.report. Throws where no browser is installed and none can be.
 */
export async function openHeadless(
  { page: path, name: ready, profile }: Pick<HostEntry, "page" | "name"> & { profile?: string },
  onReport: (report: unknown) => unknown = () => undefined,
): Promise<Headless> {
  const executablePath = installedChromium();
  const files = new LocalFiles();
  const server = await createServer({
    root: ROOT,
    configFile: fileURLToPath(new URL("../../../vite.config.ts", import.meta.url)),
    logLevel: "error",
    server: { host: "127.0.0.1", port: 0, hmr: false, watch: null, cors: false },
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
  const options = {
    ...{ executablePath, args: chromiumFlags() },
    // host/interrupt.ts handles signals; Chromium ends with this process
    ...{ handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false },
  };
  const context = profile === undefined ? undefined : await chromium.launchPersistentContext(profile, options);
  const browser = context?.browser() ?? (await chromium.launch(options));
  const close = async (): Promise<void> => {
    await context?.close();
    await browser.close();
    await server.close();
  };
  try {
    const page = await (context ?? browser).newPage();
    await page.exposeFunction("report", onReport);
    page.on("pageerror", (error) => process.stderr.write(`${printable(error.message)}\n`));
    await page.goto(`http://127.0.0.1:${port}/${path}`);
    await page.waitForFunction((name) => name in window, ready, { timeout: 60_000 });
    const version = browser.version().split(".")[0] ?? "";
    return { name: `Chromium ${version}, headless`, page, files, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The commands of a page as a host. Throws where no browser is installed and none can be. */
export async function openChromium<C extends HostCommands>(entry: HostEntry): Promise<Host<C>> {
  let current: ((report: never) => unknown) | undefined;
  const { name, page, files, close } = await openHeadless(entry, (report) => current?.(report as never));
  return {
    ...{ name, files, close },
    call: (command, request, send) => {
      current = send;
      const answer = page.evaluate(
        ([property, command, one]) => {
          const offered = Reflect.get(window, property) as Record<string, (...given: unknown[]) => Promise<unknown>>;
          return offered[command]?.(one, Reflect.get(window, "report"));
        },
        [entry.name, command, request] as [string, string, unknown],
      );
      return answer as ReturnType<C[typeof command]>;
    },
  };
}
