// wgpu, the WebGPU of Firefox: the same command once more, in a process of Deno, whose npm package brings the program.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { onParentGone } from "./interrupt.ts";

const load = createRequire(import.meta.url);

/** Signals that end a command. A terminal sends them to both processes, other programs to this one alone. */
const PASSED_ON = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export const isDeno = "Deno" in globalThis;

/** The host's name for receipts. Its adapter and driver are named separately. */
export const wgpuName = (): string => `wgpu in Deno ${process.versions["deno"] ?? ""}`;

/** Deno's program, and its arguments before a script that computes with WebGPU. Throws where the package has no program for this platform. */
export function denoCommand(): [program: string, ...args: string[]] {
  const { runInstall } = load("deno/install_api.cjs") as { runInstall(): string };
  return [runInstall(), "run", "--allow-all", "--unstable-webgpu"];
}

/** Runs a script of the project with these arguments in Deno, on this terminal. Resolves to its exit code. Throws where Deno has no program for this platform. */
export async function runInDeno(script: string, args: readonly string[]): Promise<number> {
  const [program, ...before] = denoCommand();
  const child = spawn(program, [...before, script, ...args], {
    stdio: "inherit",
    // Mesa warns without a folder for its sockets
    env: { XDG_RUNTIME_DIR: tmpdir(), ...process.env },
  });
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of PASSED_ON) process.on(signal, pass);
  const forget = onParentGone(() => pass("SIGHUP"));
  try {
    return await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve(code ?? 1));
    });
  } finally {
    forget();
    for (const signal of PASSED_ON) process.off(signal, pass);
  }
}
