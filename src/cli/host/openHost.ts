// Opens the host that --host asks for.
import type { cliCommands } from "../page/commands.ts";
import { chooseHost, type HostChoice } from "./chooseHost.ts";
import type { Host, HostCommands, HostEntry } from "./host.ts";

const CLI_ENTRY: HostEntry = {
  module: "src/cli/page/commands.ts",
  name: "cliCommands",
  page: "src/cli/page/page.html",
};
/** The host of the command line's own commands. */
export type CliHost = Host<typeof cliCommands>;

/** Opens the host that `choice` means here. Throws a UsageError that says what is missing. Close it in the end. */
export async function openHost<C extends HostCommands>(choice: HostChoice, entry: HostEntry): Promise<Host<C>> {
  const { kind, note } = chooseHost(choice);
  if (note !== undefined) process.stderr.write(`note: ${note}\n`);
  if (kind === "chromium") return (await import("./chromium.ts")).openChromium<C>(entry);
  return (await import("./inProcess.ts")).openInProcess<C>(kind, entry);
}

export function openCliHost(choice: HostChoice): Promise<CliHost> {
  return openHost(choice, CLI_ENTRY);
}
