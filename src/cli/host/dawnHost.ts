// The engine in this process, with Dawn: the page's commands bundled for Node, and their files over HTTP as for a page.
import { createServer, type Server } from "node:http";
import { pathToFileURL } from "node:url";
import { UsageError } from "../arguments/usageError.ts";
import { bundleForNode } from "./bundle.ts";
import { dawnName, destroyDevices } from "./dawn.ts";
import type { HostCommands, Host, HostEntry } from "./host.ts";
import { onInterrupt } from "./interrupt.ts";
import { LocalFiles } from "./localFiles.ts";
import { dawnAdapter } from "./probeDawn.ts";
import { ThreadWorker } from "./threadWorker.ts";

/** Bundles and loads the commands. Throws a UsageError where Dawn has no library for this platform, or finds no adapter. */
export async function openDawn<C extends HostCommands>({ module, name }: HostEntry): Promise<Host<C>> {
  await requireDawn();
  const forget = onInterrupt(() => {
    destroyDevices();
    return undefined;
  });
  Object.assign(globalThis, { Worker: ThreadWorker });
  const bundle = (await import(pathToFileURL(await bundleForNode(module)).href)) as Record<string, C>;
  const commands = bundle[name];
  if (!commands) throw new Error(`${module}: expected an export ${name}, got none`);
  const files = new LocalFiles();
  const server = await serve(files);
  return {
    name: dawnName(),
    files,
    call: (command, request, send) =>
      commands[command]?.(request, (send ?? ignore) as never) as ReturnType<C[typeof command]>,
    close: () =>
      new Promise((resolve) => {
        forget();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const ignore = (): void => undefined;

async function requireDawn(): Promise<void> {
  const found = await dawnAdapter().catch((error: unknown) => {
    const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new UsageError(
      `--host dawn: expected Dawn for ${process.platform} on ${process.arch} in the package webgpu, got none (${line}). Run npm ci to install it again, or use --host chromium.`,
    );
  });
  if ("adapter" in found) return;
  const advice =
    process.platform === "linux"
      ? "Install the driver of the graphics card with Vulkan, and libvulkan1"
      : "Update the driver of the graphics card";
  throw new UsageError(`--host dawn: expected a GPU adapter, got none. ${advice}, or use --host chromium.`);
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
