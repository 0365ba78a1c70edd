// The engine in this process: in Node with Dawn, or in Deno with wgpu. The page's commands are bundled, and get their files over HTTP as on a page.
import { createServer, type Server } from "node:http";
import { pathToFileURL } from "node:url";
import { UsageError } from "../arguments/usageError.ts";
import { bundleForNode } from "./bundle.ts";
import { dawnName } from "./dawn.ts";
import { wgpuName } from "./deno.ts";
import { destroyDevices, keepDevices } from "./devices.ts";
import type { HostCommands, Host, HostEntry } from "./host.ts";
import { onInterrupt } from "./interrupt.ts";
import { LocalFiles } from "./localFiles.ts";
import { dawnAdapter, foundAdapter } from "./probeDawn.ts";
import { ThreadWorker } from "./threadWorker.ts";

/** The WebGPU of a process: its name for receipts, and a check that it finds an adapter. */
const WEBGPU = {
  dawn: { name: dawnName, require: requireDawn },
  wgpu: { name: wgpuName, require: requireWgpu },
};

/** Bundles and loads the commands. Throws a UsageError where Dawn has no library for this platform, or no adapter is found. */
export async function openInProcess<C extends HostCommands>(
  kind: keyof typeof WEBGPU,
  { module, name }: HostEntry,
): Promise<Host<C>> {
  const webgpu = WEBGPU[kind];
  await webgpu.require();
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
    name: webgpu.name(),
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
  if (!("adapter" in found)) throw noAdapter("dawn", " and libvulkan1");
}

async function requireWgpu(): Promise<void> {
  keepDevices();
  if ("adapter" in (await foundAdapter())) return;
  throw noAdapter("wgpu", ", or Mesa's for the processor, which is mesa-vulkan-drivers on Debian");
}

/** onLinux: what else there can be installed. */
function noAdapter(host: keyof typeof WEBGPU, onLinux: string): UsageError {
  const advice =
    process.platform === "linux"
      ? `Install the Vulkan driver of the graphics card${onLinux}`
      : "Update the driver of the graphics card";
  return new UsageError(`--host ${host}: expected a GPU adapter, got none. ${advice}; or use --host chromium.`);
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
