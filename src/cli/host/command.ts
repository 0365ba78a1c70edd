// How every command begins and ends: --help, what it threw as one line on stderr, and the exit code; and what the page answered, or that as an error.
import type { Answer } from "../page/page.ts";
import { UsageError } from "../arguments/usageError.ts";

/** Errors that say something about the files that were named; everything else is a fault. */
const USER_CODES = ["config", "unsupported", "format", "shape", "limit"];

/** Exit code: `main`'s own, 0 where it gives none; 2 for what the person can put right, 1 for everything else. --help prints `usage`. */
export async function runCommand(usage: string, main: (argv: string[]) => Promise<number | undefined>): Promise<void> {
  const argv = process.argv.slice(2);
  if (argv.includes("--help")) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  try {
    process.exitCode = (await main(argv)) ?? 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/** The page's value. Throws a UsageError that begins with `subject` where the files are to blame, an Error otherwise. */
export function valueOf<T>(answer: Answer<T>, subject: string): T {
  if ("ok" in answer) return answer.ok;
  const { code, message } = answer.error;
  throw USER_CODES.includes(code) ? new UsageError(`${subject}: ${message}`) : new Error(message);
}
