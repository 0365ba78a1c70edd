// The engine in this process, with Dawn: the page's commands bundled for Node, and their files over HTTP as for a page.
import { createServer, type Server } from "node:http";
import { pathToFileURL } from "node:url";
import { UsageError } from "../arguments/usageError.ts";
import { bundleForNode } from "./bundle.ts";
import { dawnName } from "./dawn.ts";
import type { Commands, Host, HostEntry } from "./host.ts";
import { LocalFiles } from "./localFiles.ts";
import { type DawnProbe, dawnAdapter } from "./probeDawn.ts";
import { ThreadWorker } from "./threadWorker.ts";

/** Bundles and loads the commands. Throws a UsageError where Dawn has no library for this platform, or finds no adapter. */
export async function openDawn<C extends Commands>({ module }: HostEntry): Promise<Host<C>> {
  await requireDawn();
  Object.assign(globalThis, { Worker: ThreadWorker });
  const { commands } = (await import(pathToFileURL(await bundleForNode(module)).href)) as { commands: C };
  const files = new LocalFiles();
  const server = await serve(files);
  return {
    name: dawnName(),
    files,
    call: (command, request, send) =>
      commands[command]?.(request, (send ?? ignore) as never) as ReturnType<C[typeof command]>,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const ignore = (): void => undefined;

async function requireDawn(): Promise<void> {
  const found = await dawnAdapter().catch((error: unknown): DawnProbe => ({
    reason: error instanceof Error ? error.message : String(error),
  }));
  if ("adapter" in found) return;
  const driver =
    process.platform === "linux"
      ? "On Linux it needs the graphics driver with Vulkan, and its loader (Debian: apt-get install libvulkan1). "
      : "";
  throw new UsageError(
    `--host dawn: expected an adapter of Dawn in Node, got none (${found.reason.split("\n")[0] ?? ""}). ${driver}Use --host chromium if it cannot be had.`,
  );
}

/** A server on a free port of this machine alone. */
async function serve(files: LocalFiles): Promise<Server> {
  const server = createServer((request, response) => {
    const fail = (): void => void response.writeHead(404).end();
    files.handle(request, response).then((done) => {
      if (!done) fail();
    }, fail);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  files.origin = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  return server;
}
