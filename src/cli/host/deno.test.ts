// A command in a process of Deno: its arguments, exit code and WebGPU, and the signals that end it.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "espalier-deno-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => JSON.stringify(fileURLToPath(new URL(name, import.meta.url)));

/** Runs the lines of a command in Deno, started by a process of Node as by runCommand. `ready` gets that process when the command first prints. */
function inDeno(
  name: string,
  lines: string,
  ready: (parent: number) => void = () => undefined,
  wrap = false,
): Promise<{ code: number | null; out: string; err: string }> {
  const command = join(folder, `${name}.mts`);
  const parent = join(folder, `${name}-parent.mts`);
  writeFileSync(command, lines);
  writeFileSync(
    parent,
    `import { runInDeno } from ${path("deno.ts")};
     process.exitCode = await runInDeno(${JSON.stringify(command)}, ["--keep", "0.5 0.6"]);`,
  );
  const words = [process.execPath, "--import", "tsx", parent];
  // as npm does: a shell between, which does not pass signals on
  const [program = "", ...rest] = wrap ? ["sh", "-c", '"$@"; true', "sh", ...words] : words;
  const child = spawn(program, rest, { detached: true });
  return new Promise((resolve) => {
    let out = "";
    let err = "";
    child.stdout.once("data", () => ready(child.pid ?? 0));
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    child.on("close", (code) => resolve({ code, out, err }));
  });
}

test("has its arguments, WebGPU and Deno's name, and passes its exit code on", async () => {
  const lines = `import { isDeno, wgpuName } from ${path("deno.ts")};
    console.log(JSON.stringify([process.argv.slice(2), isDeno, wgpuName(), typeof navigator.gpu]));
    process.exitCode = 7;`;
  const { code, out } = await inDeno("arguments", lines);
  expect(code).toBe(7);
  expect(JSON.parse(out)).toEqual([
    ["--keep", "0.5 0.6"],
    true,
    expect.stringMatching(/^wgpu in Deno \d+\.\d+\.\d+$/) as string,
    "object",
  ]);
});

const WAITS = `import { endOnInterrupt } from ${path("interrupt.ts")};
  endOnInterrupt();
  console.log("ready");
  setInterval(() => undefined, 1000);`;

test.each([
  ["SIGTERM", "its parent", 143],
  ["SIGINT", "its parent", 130],
  // as a terminal does on Ctrl-C
  ["SIGINT", "both", 130],
] as const)("ends on a %s to %s with its own code", async (signal, to, expected) => {
  const end = (parent: number): boolean => process.kill(to === "both" ? -parent : parent, signal);
  const { code, err } = await inDeno(`${signal} ${to}`, WAITS, end);
  expect({ code, err }).toEqual({ code: expected, err: `\nInterrupted (${signal}).\n` });
});

test("ends when the program that started it is gone", async () => {
  const { err } = await inDeno("gone", WAITS, (shell) => process.kill(shell, "SIGKILL"), true);
  expect(err).toBe("\nInterrupted (SIGHUP).\n");
});
