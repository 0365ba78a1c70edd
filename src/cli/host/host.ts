// What runs the engine for the command line: the commands of a page in Chromium or in Node, and the local files that they read and write.
import type { commands } from "../page/commands.ts";
import { chooseHost, type HostChoice } from "./chooseHost.ts";
import type { LocalFiles } from "./localFiles.ts";

/** Each command takes a request and a function that gets its reports. All are plain data. */
export type Commands = Record<string, (request: never, send: never) => Promise<unknown>>;

export interface Host<C extends Commands> {
  /** For receipts: "Chromium 156, headless". */
  readonly name: string;
  readonly files: LocalFiles;
  /** Runs a command. Rejects where the host itself fails. */
  call<K extends keyof C & string>(
    command: K,
    request: Parameters<C[K]>[0],
    send?: Parameters<C[K]>[1],
  ): ReturnType<C[K]>;
  close(): Promise<void>;
}

/** Where the commands are, as paths in the project. */
export interface HostEntry {
  /** The page that offers them in a browser, and the name of the window's property. */
  page: string;
  property: string;
  /** The module that exports them as `commands`. */
  module: string;
}

const CLI_ENTRY: HostEntry = {
  page: "src/cli/page/page.html",
  property: "espalier",
  module: "src/cli/page/commands.ts",
};
/** The host of the command line's own commands. */
export type CliHost = Host<typeof commands>;

/** Opens the host that `choice` means here. Throws a UsageError that says what is missing. Close it in the end. */
export async function openHost<C extends Commands>(choice: HostChoice, entry: HostEntry): Promise<Host<C>> {
  const { kind, note } = chooseHost(choice);
  if (note !== undefined) process.stderr.write(`note: ${note}\n`);
  if (kind === "dawn") return (await import("./dawnHost.ts")).openDawn<C>(entry);
  return (await import("./chromium.ts")).openChromium<C>(entry);
}

export function openCliHost(choice: HostChoice): Promise<CliHost> {
  return openHost(choice, CLI_ENTRY);
}
