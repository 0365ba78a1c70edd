// A child process that answers each line of JSON with one.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export class LineProcess {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string, undefined>;
  private lastError = "";

  constructor(program: string, args: readonly string[]) {
    this.child = spawn(program, args);
    // A write to a process that has ended fails; the missing answer is then reported by `ask`.
    this.child.stdin.on("error", () => undefined);
    this.child.on("error", ({ message }) => (this.lastError = message));
    createInterface(this.child.stderr).on("line", (line) => {
      if (line.trim() !== "") this.lastError = line;
    });
    this.lines = createInterface(this.child.stdout)[Symbol.asyncIterator]();
  }

  /** Throws an Error with the process's reason if it fails or ends. */
  async ask<T extends object>(message: object): Promise<T> {
    this.child.stdin.write(`${JSON.stringify(message)}\n`);
    const line = await this.lines.next();
    if (line.done) throw new Error(`it ended without an answer; its last line was "${this.lastError}"`);
    const answer = JSON.parse(line.value) as T | { failed: string };
    if ("failed" in answer) throw new Error(answer.failed);
    return answer;
  }

  close(): void {
    this.child.kill("SIGKILL"); // a program that computes does not listen
  }
}
