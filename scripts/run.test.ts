// The entry of every npm command: what it refuses before anything is installed, in one line.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const root = mkdtempSync(join(tmpdir(), "espalier-run-"));
afterAll(() => rmSync(root, { recursive: true }));

/** Starts a copy of the entry in a folder of this name, with code before it. */
function started(name: string, before = ""): { code: number | null; err: string } {
  const folder = join(root, name, "scripts");
  mkdirSync(folder, { recursive: true });
  cpSync("scripts/run.mjs", join(folder, "run.mjs"));
  writeFileSync(join(folder, "before.mjs"), before);
  const args = ["--import", "./scripts/before.mjs", join(folder, "run.mjs"), "plan"];
  // without npm on the path, a command that would install ends with a line of its own
  const run = spawnSync(process.execPath, args, { cwd: join(root, name), encoding: "utf8", env: { PATH: "" } });
  return { code: run.status, err: run.stderr };
}

test.each(["a#b", "a?b"])("a clone in the folder %s is refused with what to do", (name) => {
  const { code, err } = started(name);
  expect(code).toBe(1);
  expect(err.trim()).toMatch(/^Folder: expected a path without # and \?, got "[#?]" in .*Move or rename the folder/);
});

test("spaces, quotes, % and letters of any script are no reason", () => {
  const { code, err } = started("мой 模型 50% 'x'");
  expect(code).toBe(1);
  expect(err).toContain("npm could not be started");
  expect(err).not.toContain("Folder:");
});

test("a Node that is too old is named with its version", () => {
  const { code, err } = started("old", `Object.defineProperty(process.versions, "node", { value: "20.18.9" });`);
  expect(code).toBe(1);
  expect(err.trim()).toBe(
    "Node: expected 20.19 or newer, got 20.18.9. Install it from https://nodejs.org and try again.",
  );
});
