// A part of npm test on a host of WebGPU without a browser: runHost.ts dawn|wgpu|matrices. On Linux it computes on a software driver,
// elsewhere, and with ESPALIER_ADAPTER=hardware, on the graphics card.
import { spawnSync } from "node:child_process";
import { bundleForNode } from "../../../src/cli/host/bundle.ts";
import { denoCommand } from "../../../src/cli/host/deno.ts";
import { softwareVulkanEnvironment } from "../softwareVulkan.ts";
import { NO_MATRIX_UNIT } from "./exitCodes.ts";
import { hasLavapipe, lavapipeEnvironment } from "./lavapipe.ts";
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

interface Start {
  command: Command;
  env: NodeJS.ProcessEnv;
}

/** How to start the checks of a host. Those of matrices run in Node, on the first driver that has a matrix unit: the system's Mesa, or Mesa 26. */
function startsOf(host: keyof typeof HOSTS | "matrices"): (() => Start)[] {
  const { command, software } = HOSTS[host === "matrices" ? "dawn" : host];
  if (ownDriver) return [() => ({ command: command(), env: process.env })];
  if (host !== "matrices") return [() => ({ command: command(), env: software() })];
  return [...(hasLavapipe() ? [() => ({ command: command(), env: lavapipeEnvironment() })] : []), newMesa];
}

const [host] = process.argv.slice(2);
if (host !== "dawn" && host !== "wgpu" && host !== "matrices")
  throw new RangeError(`host: expected dawn, wgpu or matrices, got "${host ?? ""}"`);
try {
  const script = await bundleForNode("scripts/test/hosts/checks.ts");
  for (const start of startsOf(host)) {
    const { command, env } = start();
    const [program, ...before] = command;
    const status = spawnSync(program, [...before, script, host], { stdio: "inherit", env }).status ?? 1;
    process.exitCode = status;
    if (status !== NO_MATRIX_UNIT) break;
  }
  if (process.exitCode === NO_MATRIX_UNIT) console.error("expected an adapter with a matrix unit, got one without");
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
