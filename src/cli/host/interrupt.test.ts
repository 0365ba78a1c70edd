// Interrupts of a process of its own: what was registered is undone, and the exit code names the signal.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "espalier-interrupt-"));
afterAll(() => rmSync(folder, { recursive: true }));
const MODULE = fileURLToPath(new URL("interrupt.ts", import.meta.url));

/** Runs a script that stages a file, says that it is ready, and waits; `end` gets its process id. */
function interrupted(
  name: string,
  end: (pid: number) => void,
  wrap = false,
): Promise<{ code: number | null; said: string; left: boolean }> {
  const staged = join(folder, name);
  const script = join(folder, `${name}.mts`);
  writeFileSync(
    script,
    `import { rmSync, writeFileSync } from "node:fs";
     import { endOnInterrupt, onInterrupt } from ${JSON.stringify(MODULE)};
     writeFileSync(${JSON.stringify(staged)}, "");
     onInterrupt(() => { rmSync(${JSON.stringify(staged)}); return "The way out."; });
     onInterrupt(() => undefined)();
     endOnInterrupt();
     console.log(process.pid);
     setInterval(() => undefined, 1000);`,
  );
  const command = [process.execPath, "--import", "tsx", script];
  // as npm does: a shell between, which does not pass signals on
  const child = wrap ? spawn("sh", ["-c", `"$@"; true`, "sh", ...command]) : spawn(command[0] ?? "", command.slice(1));
  return new Promise((resolve) => {
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    child.stdout.once("data", (chunk: Buffer) => end(wrap ? (child.pid ?? 0) : Number(chunk.toString())));
    child.on("close", (code) => resolve({ code, said, left: existsSync(staged) }));
  });
}

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s", async (signal, code) => {
  const ended = await interrupted(signal, (pid) => process.kill(pid, signal));
  expect(ended).toEqual({ code, said: `\nInterrupted (${signal}). The way out.\n`, left: false });
});

test("the end of the program that started it", async () => {
  const { said, left } = await interrupted("parent", (pid) => process.kill(pid, "SIGKILL"), true);
  expect(said).toContain("Interrupted (npm has ended). The way out.");
  expect(left).toBe(false);
});
