// The entry of every npm command: what it refuses before anything is installed, in one line.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const root = mkdtempSync(join(tmpdir(), "espalier-run-"));
afterAll(() => rmSync(root, { recursive: true }));

/** Starts a copy of the entry in a folder of this name, with code before it. Without npm on the path it cannot install. */
function started(name: string, before = "", path = ""): { code: number | null; err: string } {
  const folder = join(root, name, "scripts");
  mkdirSync(folder, { recursive: true });
  cpSync("scripts/run.mjs", join(folder, "run.mjs"));
  writeFileSync(join(folder, "before.mjs"), before);
  const args = ["--import", "./scripts/before.mjs", join(folder, "run.mjs"), "plan"];
  const run = spawnSync(process.execPath, args, { cwd: join(root, name), encoding: "utf8", env: { PATH: path } });
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

test("without the registry, an installation ends with what it needs", () => {
  const failing = join(root, "npm-that-fails");
  mkdirSync(failing);
  writeFileSync(join(failing, "npm"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  const { code, err } = started("unreachable", "", `${failing}:/bin:/usr/bin`);
  expect(code).toBe(1);
  expect(err).toContain("npm ci failed (see above). It needs the npm registry once: check the connection");
});

test("once installed, a command needs no network", () => {
  const offline = join(root, "offline.mjs");
  writeFileSync(
    offline,
    `import { Socket } from "node:net";
     Socket.prototype.connect = () => { throw new Error("there is no network"); };`,
  );
  const args = ["--import", offline, "scripts/run.mjs", "plan", "--model", "golden/llama", "--tokens", "16"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stderr).toContain("blocks computed again");
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toHaveProperty("choices");
}, 60_000);
