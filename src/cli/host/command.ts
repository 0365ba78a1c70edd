// How every command begins and ends: --help, an error as one line on stderr, and the exit code; and how the page's answer is read.
import type { Answer } from "../page/commands.ts";
import { asksForWgpu } from "../arguments/hostArguments.ts";
import { isDeno, runInDeno } from "./deno.ts";
import { endOnInterrupt } from "./interrupt.ts";
import { printable, STEERING } from "./printable.ts";
import { UsageError } from "../arguments/usageError.ts";

/** Codes of errors in the files that were named; all others are faults of the program. */
const USER_CODES = ["config", "unsupported", "format", "shape", "limit"];

/**
 * Runs `main` with the arguments; with --host wgpu in a process of Deno, unless `inNode` says that `main` needs Node. Exit code: what `main`
 * returns, or 0; 2 for a UsageError, 1 for any other. --help prints `usage`.
 */
export async function runCommand(
  usage: string,
  main: (argv: string[]) => Promise<number | undefined>,
  inNode: (argv: readonly string[]) => boolean = () => false,
): Promise<void> {
  const argv = process.argv.slice(2);
  if (argv.includes("--help")) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  const inDeno = asksForWgpu(argv) && !inNode(argv) && !isDeno;
  if (!inDeno) endOnInterrupt();
  try {
    process.exitCode = inDeno ? await runInDeno(process.argv[1] ?? "", argv) : ((await main(argv)) ?? 0);
  } catch (error) {
    process.stderr.write(`${printable(error instanceof Error ? error.message : String(error))}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/** A line of JSON for stdout; what a terminal would obey is escaped in it. */
export const jsonLine = (value: object): string =>
  `${JSON.stringify(value).replace(STEERING, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;

/** The page's value. Throws a UsageError where the named files (it begins with `subject`) or an option are at fault, an Error otherwise. */
export function valueOf<T>(answer: Answer<T>, subject: string): T {
  if ("ok" in answer) return answer.ok;
  const { code, message } = answer.error;
  const fault = message.startsWith("--") ? message : `${subject}: ${message}`;
  throw USER_CODES.includes(code) ? new UsageError(fault) : new Error(message);
}
