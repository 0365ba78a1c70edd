// A part of npm test on a host of WebGPU without a browser: runHost.ts dawn|wgpu|matrices. On Linux it computes on a software driver,
// elsewhere, and with ESPALIER_ADAPTER=hardware, on the graphics card.
import { spawnSync } from "node:child_process";
import { bundleForNode } from "../../../src/cli/host/bundle.ts";
import { denoCommand } from "../../../src/cli/host/deno.ts";
import { softwareVulkanEnvironment } from "../softwareVulkan.ts";
import { lavapipeEnvironment } from "./lavapipe.ts";
import { newMesa } from "./newMesa.ts";

/** A program with its arguments before the script. */
type Command = readonly [string, ...string[]];

/** For each host, its program, and how to start that with a software driver. */
const HOSTS = {
  /** Dawn in Node, on Chromium's SwiftShader. */
  dawn: { command: (): Command => [process.execPath], software: softwareVulkanEnvironment },
  /** wgpu in Deno, on lavapipe. */
  wgpu: { command: denoCommand, software: lavapipeEnvironment },
};

const ownDriver = process.platform !== "linux" || process.env["ESPALIER_ADAPTER"] === "hardware";

/** How to start the checks of a host; those of matrices run in Node on Mesa 26. */
function startOf(host: keyof typeof HOSTS | "matrices"): { command: Command; env: NodeJS.ProcessEnv } {
  if (host === "matrices") return ownDriver ? { command: [process.execPath], env: process.env } : newMesa();
  const { command, software } = HOSTS[host];
  return { command: command(), env: ownDriver ? process.env : software() };
}

const [host] = process.argv.slice(2);
if (host !== "dawn" && host !== "wgpu" && host !== "matrices")
  throw new RangeError(`host: expected dawn, wgpu or matrices, got "${host ?? ""}"`);
try {
  const { command, env } = startOf(host);
  const script = await bundleForNode("scripts/test/hosts/checks.ts");
  const [program, ...before] = command;
  process.exitCode = spawnSync(program, [...before, script, host], { stdio: "inherit", env }).status ?? 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
