// A part of npm test on a host of WebGPU without a browser: runHost.ts dawn|wgpu. On Linux it computes on a software driver, elsewhere, and
// with ESPALIER_ADAPTER=hardware, on the graphics card.
import { spawnSync } from "node:child_process";
import { bundleForNode } from "../../../src/cli/host/bundle.ts";
import { denoCommand } from "../../../src/cli/host/deno.ts";
import { softwareVulkanEnvironment } from "../softwareVulkan.ts";
import { lavapipeEnvironment } from "./lavapipe.ts";

/** For each host, its program with the arguments before the script, and the environment with its software driver. */
const HOSTS = {
  /** Dawn in Node, on Chromium's SwiftShader. */
  dawn: { command: (): [string] => [process.execPath], software: softwareVulkanEnvironment },
  /** wgpu in Deno, on lavapipe. */
  wgpu: { command: denoCommand, software: lavapipeEnvironment },
};

const [host] = process.argv.slice(2);
if (host !== "dawn" && host !== "wgpu") throw new RangeError(`host: expected dawn or wgpu, got "${host ?? ""}"`);
const { command, software } = HOSTS[host];
const ownDriver = process.platform !== "linux" || process.env["ESPALIER_ADAPTER"] === "hardware";
try {
  const env = ownDriver ? process.env : software();
  const script = await bundleForNode("scripts/test/hosts/checks.ts");
  const [program, ...before] = command();
  process.exitCode = spawnSync(program, [...before, script, host], { stdio: "inherit", env }).status ?? 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
