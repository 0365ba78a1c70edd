// The whole chain against PyTorch: every check of the golden cases of the families that the engine runs.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import { Gpu } from "../gpu/device.ts";
import { checkGolden } from "./check.ts";
import { goldenFolder } from "./testFolders.ts";

let ctx: Ctx;
beforeAll(async () => {
  ctx = new Ctx(await Gpu.open());
});
afterAll(() => ctx.gpu.destroy());

/** opt350 is an OPT with norms behind the residual adds and embeddings narrower than d, as OPT-350m has. */
const CASES = ["llama", "llama3", "mistral", "gemma", "qwen2", "qwen3", "opt", "opt350", "phi"];

/** Checks that every case must have; a check that is left out would otherwise pass silently. */
const EXPECTED = [
  ...["logits", "hidden", "loss", "greedy", "perplexity"],
  ...["hard.logits", "hard.loss", "hard.kept", "hard.total", "hard.perplexity", "compact.logits", "compact.equals.masked"],
  ...["soft.loss", "soft.grad"],
  ...checksOfTraining("train"),
];

/** Cases with a training for every ratio beside that for one. */
const EVERY_RATIO = ["llama"];

function checksOfTraining(name: string): string[] {
  return ["hypernet", "loss", "penalty", "kept", "logits", "weights"].map((check) => `${name}.${check}`);
}

/** Families without GLU have no numbers for weight pruning: DaSS is not defined there. */
const GLU = ["llama", "llama3", "mistral", "gemma", "qwen2", "qwen3"];
/** Keep-masks are in the case for every method at 2:4 and for every pattern of DaSS. */
const EXPECTED_WEIGHTS = ["magnitude", "wanda", "dass"].flatMap((method) =>
  ["2:4", "4:8", "50%"].flatMap((pattern) => [
    ...(pattern === "2:4" || method === "dass" ? [`${method} ${pattern} masks`] : []),
    ...["kept", "loss", "perplexity"].map((check) => `${method} ${pattern} ${check}`),
  ]),
);

describe.each(CASES)("%s", (name) => {
  test("agrees with PyTorch", async () => {
    const { checks } = await checkGolden(ctx, await goldenFolder(name));
    const expected = [...EXPECTED, ...(EVERY_RATIO.includes(name) ? checksOfTraining("every") : []), ...(GLU.includes(name) ? EXPECTED_WEIGHTS : [])];
    expect(Object.keys(checks).sort()).toEqual(expected.sort());
    expect(Object.entries(checks).filter(([, { ok }]) => !ok)).toEqual([]);
  });
});
