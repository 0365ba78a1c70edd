// The argument --host of every command that runs the engine.
import { parseArgs } from "node:util";
import { HOST_CHOICES, type HostChoice } from "../host/chooseHost.ts";
import type { Options, Values } from "./arguments.ts";
import { UsageError } from "./usageError.ts";

/** Options for parseValues. */
export const HOST_OPTIONS = { host: { type: "string" } } as const satisfies Options;

export const HOST_USAGE = `  --host auto              where the engine runs: chromium, dawn (in Node) or wgpu (in Deno), both without a browser; or auto: dawn where
                           it finds a graphics card, else chromium`;

/** Throws a UsageError for an unknown host. */
export function readHostArgument({ host = "auto" }: Values): HostChoice {
  const found = HOST_CHOICES.find((known) => known === host);
  if (!found) throw new UsageError(`--host: expected ${HOST_CHOICES.join(", ")}, got "${String(host)}"`);
  return found;
}

/** Whether the arguments of a command, which may be wrong otherwise, ask for the host that needs Deno. */
export const asksForWgpu = (args: readonly string[]): boolean =>
  parseArgs({ args: [...args], options: HOST_OPTIONS, strict: false }).values.host === "wgpu";
