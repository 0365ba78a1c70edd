// Commands of the command line, run as a person runs them.
import { spawnSync } from "node:child_process";
import { lavapipeEnvironment } from "../../scripts/test/hosts/lavapipe.ts";
import { softwareVulkanEnvironment } from "../../scripts/test/softwareVulkan.ts";
import type { HostChoice } from "../../src/cli/host/chooseHost.ts";

export interface EndedCommand {
  code: number | null;
  out: string;
  err: string;
}

/** The environment of a command: Mesa's driver for Vulkan for wgpu, else Chromium's, which Chromium itself does not need. */
export const driverOf = (host: HostChoice): NodeJS.ProcessEnv =>
  host === "wgpu" ? lavapipeEnvironment() : softwareVulkanEnvironment();

/**
 * Runs an npm command and waits for it. Tests of what a command does use the default host, which starts and computes fastest without a
 * graphics card; hosts.spec.ts compares the hosts.
 */
export function runCommandLine(
  command: string,
  args: readonly string[],
  { host = "wgpu", env = {} }: { host?: HostChoice; env?: NodeJS.ProcessEnv } = {},
): EndedCommand {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["scripts/run.mjs", command, ...args, ...(host === "auto" ? [] : ["--host", host])],
    { encoding: "utf8", env: { ...driverOf(host), ...env } },
  );
  return { code: status, out: stdout, err: stderr };
}
