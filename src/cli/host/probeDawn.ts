// Asks Dawn for its adapter in a process of its own, because a faulty driver can end or block the process that loads it.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { adapterName, isSoftwareAdapter } from "../../shared/adapter.ts";
import { installDawn } from "./dawn.ts";

const THIS = fileURLToPath(import.meta.url);
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** The first start of a driver can take seconds. */
const LONGEST_MS = 30_000;

/** The adapter that would be used, or the reason why it cannot be used. */
export type AdapterProbe = { adapter: string; software: boolean } | { reason: string };

/** Waits for the other process. */
export function probeDawn(): AdapterProbe {
  const { stdout, status, signal, error } = spawnSync(process.execPath, ["--import", "tsx", THIS], {
    ...{ cwd: ROOT, encoding: "utf8", timeout: LONGEST_MS },
    stdio: ["ignore", "pipe", "ignore"],
  });
  if (error) return { reason: error.message };
  const line = stdout.trim().split("\n").at(-1) ?? "";
  if (line.startsWith("{")) return JSON.parse(line) as AdapterProbe;
  return { reason: `its process ended with ${signal ?? `exit code ${status ?? "none"}`}` };
}

/** The same in this process, where the reason can only be that there is no adapter; leaves Dawn installed. Throws if its library cannot be loaded. */
export async function dawnAdapter(): Promise<AdapterProbe> {
  installDawn();
  return foundAdapter();
}

/** The adapter of the WebGPU that is global in this process. */
export async function foundAdapter(): Promise<AdapterProbe> {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) return { reason: "it found no adapter" };
  const name = adapterName(adapter.info);
  return { adapter: name, software: isSoftwareAdapter(name) };
}

if (process.argv[1] === THIS) {
  const found = await dawnAdapter().catch((error: unknown) => ({
    reason: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error),
  }));
  process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit(0));
}
