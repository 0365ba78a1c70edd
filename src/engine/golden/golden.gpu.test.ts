// The engine against PyTorch: every check of the golden cases of all families.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import { goldenCases } from "../config/goldenCases.fixture.ts";
import type { WeightStorage } from "../dtype.ts";
import { LOGITS_BYTES } from "../logitsSize.ts";
import { openCase } from "./case.ts";
import { checkGolden } from "./check.ts";
import { GATE_MODES } from "../recipes/recipe.ts";
import { goldenFolder } from "./folders.fixture.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

let ctx: Ctx;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
});
afterAll(() => ctx.gpu.destroy());

/** quantised is a llama in a GGUF file with matrices of all quantised types. opt350 is an OPT with norms after the residual adds and embeddings narrower than d, like OPT-350m. */
const CASES = ["llama", "llama3", "mistral", "gemma", "qwen2", "qwen3", "opt", "opt350", "phi", "quantised"];

/** Small cases of later families, whose widths are not multiples of 8. */
const SMALL_CASES = goldenCases(...CASES);

/** Checks that every case must have; a check that is missing would otherwise pass silently. */
const EXPECTED = [
  ...["logits", "hidden", "loss", "greedy", "perplexity"],
  ...[
    "hard.logits",
    "hard.loss",
    "hard.kept",
    "hard.total",
    "hard.perplexity",
    "compact.logits",
    "compact.equals.masked",
  ],
  ...["soft.loss", "soft.grad"],
  ...checksOfTraining("train"),
];

/** Cases that also have a training for every ratio and the ablations. */
const MORE_TRAININGS = ["llama"];

/** These have no hypernetwork for all vectors, so their final gate logits are compared and no weights. Two combine others and have no files. */
const ABLATIONS = GATE_MODES.filter((mode) => mode !== "full" && !mode.startsWith("mlp-"));
function checksOfMoreTrainings(): string[] {
  const ablations = ABLATIONS.flatMap(checksOfTraining).filter((name) => !name.endsWith(".weights"));
  return [...checksOfTraining("every"), ...ablations];
}

function checksOfTraining(name: string): string[] {
  return ["hypernet", "loss", "penalty", "kept", "logits", "weights"].map((check) => `${name}.${check}`);
}

/** Cases with masks, counts and losses of DaSS and its baselines; the other families have no GLU, which DaSS requires. */
const GLU = ["llama", "llama3", "mistral", "gemma", "qwen2", "qwen3", "quantised", ...SMALL_CASES];
const checksOfPruning = (key: string, ...more: string[]): string[] =>
  ["kept", "loss", "perplexity", ...more].map((check) => `${key} ${check}`);
/** Those cases, of quantised without magnitude, have keep-masks for every method at 2:4 and for every pattern of DaSS. */
const checksOfScores = (name: string): string[] =>
  ["magnitude", "wanda", "dass"]
    .filter((method) => !(name === "quantised" && method === "magnitude"))
    .flatMap((method) =>
      (SMALL_CASES.includes(name) ? ["2:4", "50%"] : ["2:4", "4:8", "50%"]).flatMap((pattern) =>
        checksOfPruning(`${method} ${pattern}`, ...(pattern === "2:4" || method === "dass" ? ["masks"] : [])),
      ),
    );
/** Cases with weights.json: SparseGPT, and without GLU also Wanda and magnitude. */
const MORE_PRUNING = ["llama", "opt", "phi", "phi3", "olmo2"];
const UPDATED = [...checksOfPruning("sparsegpt 2:4", "masks", "weights"), ...checksOfPruning("sparsegpt 50%", "masks")];
const SCORED_WITHOUT_GLU = ["wanda 2:4", "wanda 50%", "magnitude 2:4", "magnitude 50%"].flatMap((key) =>
  checksOfPruning(key, "masks"),
);

/** Cases with recover.json, and with lowRank.json. */
const RECOVERED = { recover: ["llama", "gemma", "opt"], lowRank: ["llama", "opt"] };
const checksOfRecovery = (name: string): string[] =>
  Object.entries(RECOVERED).flatMap(([kind, cases]) =>
    cases.includes(name) ? ["kl", "loss", "weights"].map((check) => `${kind}.${check}`) : [],
  );

function checksOf(name: string): string[] {
  const more = [...UPDATED, ...(GLU.includes(name) ? [] : SCORED_WITHOUT_GLU)];
  return [
    ...EXPECTED,
    ...(MORE_TRAININGS.includes(name) ? checksOfMoreTrainings() : []),
    ...(GLU.includes(name) ? checksOfScores(name) : []),
    ...(MORE_PRUNING.includes(name) ? more : []),
    ...checksOfRecovery(name),
  ];
}

async function expectAgreement(name: string, precision: WeightStorage = "f32"): Promise<void> {
  const { checks } = await checkGolden(ctx, await goldenFolder(name), { precision });
  expect(Object.keys(checks).sort()).toEqual(checksOf(name).sort());
  expect(Object.entries(checks).filter(([, { ok }]) => !ok)).toEqual([]);
}

describe.each([...CASES, ...SMALL_CASES])("%s", (name) => {
  test("agrees with PyTorch", () => expectAgreement(name));
});

test("quantised agrees with PyTorch in its own blocks", () => expectAgreement("quantised", "file"));

/** A tied head, a narrower one after projectOut, and one with a bias. */
describe.each(["llama", "opt350", "phi"])("%s with room for 10 rows of logits", (name) => {
  test("agrees with PyTorch", async () => {
    ctx.logitsBytes = 4 * 10 * (await openCase(await goldenFolder(name))).config.vocab;
    try {
      await expectAgreement(name);
    } finally {
      ctx.logitsBytes = LOGITS_BYTES;
    }
  });

  test("agrees with PyTorch in half precision", async () => {
    const { checks } = await checkGolden(ctx, await goldenFolder(name), { precision: "f16" });
    const more = MORE_TRAININGS.includes(name) ? checksOfMoreTrainings() : [];
    expect(Object.keys(checks).sort()).toEqual([...EXPECTED, ...more, ...checksOfRecovery(name)].sort());
    expect(Object.entries(checks).filter(([, { ok }]) => !ok)).toEqual([]);
  });
});
