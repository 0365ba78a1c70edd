// What runs the engine for the command line: the commands of a page in Chromium or in Node, and the local files that they read and write.
import type { LocalFiles } from "./localFiles.ts";

/** Each command takes a request and a function that gets its reports. All are plain data. */
export type HostCommands = Record<string, (request: never, send: never) => Promise<unknown>>;

export interface Host<C extends HostCommands> {
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
  /** The module that exports them. */
  module: string;
  /** The name of the export, and of the window's property on the page. */
  name: string;
  /** The page that offers them in a browser. */
  page: string;
}
