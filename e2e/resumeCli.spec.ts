// Ctrl-C in a recovery, a pruning of single weights and a comparison on the command line, and --resume.
import { expect, test } from "@playwright/test";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { driverOf, type EndedCommand } from "./support/commandLine.ts";
import { readRuns } from "../src/engine/formats/runs/readRun.ts";

const TEXTS = ["--text", "public/text/moby-held.txt", "--eval", "public/text/sotu-held.txt"];
const GIVEN = ["--model", "golden/llama", ...TEXTS, "--context", "64", "--eval-tokens", "256", "--tokens", "32"];
const POLL_MS = 20;
/** More than the masks of a block of the small model, less than its weights. */
const FULL_KB = 600;

let folder = "";
test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "espalier-resume-"));
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Fault {
  /** The command is interrupted by Ctrl-C as soon as this is true. */
  until?: () => boolean;
  /** Files cannot grow beyond this, as on a full disk. In Node, because Deno's own files would be too large. */
  mostKb?: number;
}

async function run(
  command: "prune" | "compare",
  args: readonly string[],
  { until, mostKb }: Fault = {},
): Promise<EndedCommand> {
  const host = mostKb === undefined ? "wgpu" : "dawn";
  const all = [process.execPath, "scripts/run.mjs", command, ...GIVEN, ...args, "--host", host];
  const limit = mostKb === undefined ? "unlimited" : String(2 * mostKb); // in units of 512 bytes
  const shell = ["-c", `ulimit -f ${limit}; exec "$@"`, "sh", ...all];
  const child = spawn("sh", shell, { env: driverOf(host) });
  const ended = { code: null as number | null, out: "", err: "" };
  child.stdout.on("data", (text: Buffer) => (ended.out += String(text)));
  child.stderr.on("data", (text: Buffer) => (ended.err += String(text)));
  const timer = setInterval(() => {
    if (!until?.()) return;
    clearInterval(timer);
    child.kill("SIGINT");
  }, POLL_MS);
  ended.code = await new Promise((resolve) => child.once("close", resolve));
  clearInterval(timer);
  return ended;
}

test("a recovery continues from its last checkpoint, with the weights of one that was not interrupted", async () => {
  const given = ["--keep", "0.6", "--steps", "6", "--recover", "120", "--recover-tokens", "32", "--forms", "masked"];
  const [whole, broken] = [join(folder, "whole"), join(folder, "broken")];
  const unbroken = await run("prune", [...given, "--out", whole]);
  expect(unbroken.code, unbroken.err).toBe(0);

  const saved = join(broken, ".checkpoints/recover.0.safetensors");
  const interrupted = await run("prune", [...given, "--out", broken], { until: () => existsSync(saved) });
  expect(interrupted.code, interrupted.err).toBe(130);
  expect(interrupted.err).toContain("The same command with --resume continues from what is saved in --out.");
  expect(readdirSync(broken)).toEqual([".checkpoints"]);

  const other = given.map((word) => (word === "120" ? "130" : word));
  const refused = await run("prune", [...other, "--out", broken, "--resume"]);
  expect(refused.code).toBe(2);
  expect(refused.err).toMatch(/^--resume: steps: expected 120, as in the interrupted command, got 130\./m);

  const resumed = await run("prune", [...given, "--out", broken, "--resume"]);
  expect(resumed.code, resumed.err).toBe(0);
  expect(resumed.err).toMatch(/note: Continues the recovery at step (50|100) of 120\./);
  expect(resumed.err).not.toMatch(/^train/m);
  const weightsOf = ({ out }: EndedCommand): unknown =>
    (JSON.parse(out) as { recovery: { weightsSha256: string } }).recovery;
  expect(weightsOf(resumed)).toMatchObject({
    ...(weightsOf(unbroken) as object),
    secondsRecovering: expect.anything(),
  });
  expect(readdirSync(broken)).toEqual(["masked"]);
  const bytes = (out: string): Buffer => readFileSync(join(out, "masked/model.safetensors"));
  expect(bytes(broken).equals(bytes(whole))).toBe(true);
});

test("single weights continue after the blocks that are pruned, with the same weights", async () => {
  const given = ["--method", "sparsegpt", "--pattern", "2:4", "--sequences", "48"];
  const [whole, broken] = [join(folder, "pruned"), join(folder, "interrupted")];
  expect((await run("prune", [...given, "--out", whole])).code).toBe(0);
  const saved = join(broken, ".checkpoints/block.0.safetensors");
  const interrupted = await run("prune", [...given, "--out", broken], { until: () => existsSync(saved) });
  expect(interrupted.code, interrupted.err).toBe(130);
  const again = await run("prune", [...given, "--out", broken]);
  expect(again.code).toBe(2);
  expect(again.err).toContain("Add --resume to continue it");
  const resumed = await run("prune", [...given, "--out", broken, "--resume"]);
  expect(resumed.code, resumed.err).toBe(0);
  const bytes = (out: string): Buffer => readFileSync(join(out, "masked/model.safetensors"));
  expect(bytes(broken).equals(bytes(whole))).toBe(true);
});

test("an export that finds no room leaves no half of itself, and is made again from what is pruned", async () => {
  const out = join(folder, "модель 模型 %20");
  // where no test has measured the kernels before, the limit would end the process while it does
  const given = ["--method", "wanda", "--sequences", "8", "--tune", "off", "--out", out];
  const full = await run("prune", given, { mostKb: FULL_KB });
  expect(full.code, full.err).toBe(1);
  const last = full.err.trim().split("\n").at(-1);
  expect(last).toMatch(/model\.safetensors: expected the file to be written, got status 500 \(EFBIG.*free space/);
  expect(last).toContain("The same command with --resume continues from what is saved in --out.");
  expect(readdirSync(out)).toEqual([".checkpoints"]);
  const resumed = await run("prune", [...given, "--resume"]);
  expect(resumed.code, resumed.err).toBe(0);
  expect(readdirSync(out)).toEqual(["masked"]);
});

test("a comparison continues after its finished runs, whose masks later runs take", async () => {
  const out = join(folder, "compared");
  const given = [
    "--methods",
    "disp,uniform-magnitude,dass:2:4,random",
    "--steps",
    "6",
    "--sequences",
    "8",
    "--out",
    out,
  ];
  const saved = join(out, "compare.unfinished.json");
  const interrupted = await run("compare", given, { until: () => existsSync(saved) });
  expect(interrupted.code, interrupted.err).toBe(130);
  expect(interrupted.err).toMatch(/[1-3] of 4 runs (is|are) finished: the same command with --resume continues after/);
  const resumed = await run("compare", [...given, "--resume"]);
  expect(resumed.code, resumed.err).toBe(0);
  expect(resumed.err).not.toMatch(/^train/m);
  const records = readRuns(readFileSync(join(out, "compare.json"), "utf8"), "compare.json").map(({ record }) => record);
  expect(records.map(({ made }) => made.kind)).toEqual(["disp", "baseline", "weights", "baseline"]);
  // random masks have the widths of the run that was not made again
  expect(records[3]?.kept).toEqual(records[0]?.kept);
  expect(resumed.out.trim().split("\n")).toHaveLength(7);
  expect(readdirSync(out).sort()).toEqual(["compare.json", "compare.svg"]);
});
