// Where npm start builds the studio: a folder per process, so that two starts at once do not empty each other's.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const ROOT = ".cache/studio";

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The folder of this process. Removes those of processes that are gone. */
export function freshFolder(root = ROOT, pid = process.pid): string {
  for (const name of existsSync(root) ? readdirSync(root) : [])
    if (/^\d+$/.test(name) && (Number(name) === pid || !isRunning(Number(name))))
      rmSync(join(root, name), { recursive: true, force: true });
  return join(root, String(pid));
}
