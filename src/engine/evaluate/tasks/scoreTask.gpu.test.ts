// Zero-shot scores on the GPU against PyTorch's, and accuracies of the embedded model.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "../../ctx.ts";
import type { Folder } from "../../formats/files/folder.ts";
import { embeddedFolder, goldenFolder } from "../../golden/folders.fixture.ts";
import { openModel } from "../../model/open.ts";
import { scoreItems, scoreTask } from "./scoreTask.ts";
import { readTaskFile } from "./taskFile.ts";
import { textTask } from "./textTasks.ts";
import { openSharedGpu } from "../../gpu/sharedGpu.fixture.ts";

let ctx: Ctx;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
});
afterAll(() => ctx.gpu.destroy());

/** The held-out text, from the test server. */
const heldOut = async (): Promise<string> => (await fetch("/text/sotu-held.txt")).text();

type Golden = Record<string, { logLikelihoods: number[][]; greedy: boolean[][] }>;
const text = async (folder: Folder, name: string): Promise<string> => {
  const source = await folder.open(name);
  return new TextDecoder().decode(await source.read(0, source.size));
};

describe.each(["llama", "opt"])("%s", (name) => {
  test.each(["choices", "pairs", "words"])("the sums of %s equal PyTorch's", async (file) => {
    const folder = await goldenFolder(name);
    const golden = JSON.parse(await text(folder, "tasks.json")) as Golden;
    const opened = await openModel(ctx, folder);
    const scores = await scoreItems(ctx, opened, readTaskFile(`${file}.jsonl`, await text(folder, `${file}.jsonl`)));
    const worst = Math.max(
      ...scores.flatMap(({ logLikelihoods }, item) =>
        logLikelihoods.map((sum, i) => Math.abs(sum - (golden[file]?.logLikelihoods[item]?.[i] ?? NaN))),
      ),
    );
    expect(worst).toBeLessThan(1e-4);
    expect(scores.map(({ greedy }) => greedy)).toEqual(golden[file]?.greedy);
    opened.model.free();
  });
});

test("an item longer than the context is cut on the left, and one without a token is refused", async () => {
  const opened = await openModel(ctx, await goldenFolder("llama"));
  const item = { context: "word ".repeat(2000), continuations: [" peace"], gold: 0, lengths: [5] };
  const task = { name: "long", kind: "greedy", items: [item] } as const;
  const [long] = await scoreItems(ctx, opened, task);
  const [short] = await scoreItems(ctx, opened, { ...task, items: [{ ...item, context: "word ".repeat(1500) }] });
  expect(long?.logLikelihoods[0]).toBeCloseTo(short?.logLikelihoods[0] ?? NaN, 5);
  const empty = { ...task, items: [{ ...item, context: "word", continuations: [""] }] };
  await expect(scoreItems(ctx, opened, empty)).rejects.toThrow(
    "long: item 1, continuation 1: expected at least 1 token, got 0",
  );
  const endless = { ...task, items: [{ ...item, context: "word", continuations: [" war".repeat(129)] }] };
  await expect(scoreItems(ctx, opened, endless)).rejects.toThrow(
    "expected at most 256 tokens, this model's context, got 258",
  );
  opened.model.free();
});

/** Sums of lm-evaluation-harness's `ids[-(max_length + 1):][:-1]` in PyTorch; the model has a context of 256, and " war" is two tokens. */
const CUT = [
  {
    what: "more than the context",
    context: Array<string>(300).fill("word").join(" "),
    scored: " peace",
    sum: -12.22607,
  },
  { what: "the context and one more", context: "x", scored: " war".repeat(128), sum: -972.62891 },
];
test.each(CUT)("of an item of $what tokens the last is only predicted", async ({ context, scored, sum }) => {
  const opened = await openModel(ctx, await goldenFolder("llama"));
  const item = { context, continuations: [scored], gold: 0, lengths: [scored.length] };
  const [score] = await scoreItems(ctx, opened, { name: "cut", kind: "greedy", items: [item] });
  // a token less of the first context is 1e-3 off
  expect(Math.abs((score?.logLikelihoods[0] ?? NaN) / sum - 1)).toBeLessThan(1e-5);
  opened.model.free();
});

test("the embedded model finds the next sentence and the last word more often than chance", async () => {
  const opened = await openModel(ctx, await embeddedFolder());
  const held = await heldOut();
  const done: number[] = [];
  const next = await scoreTask(ctx, opened, textTask("next-sentence", held, { items: 24, seed: 1 }), {
    onItem: (item) => done.push(item),
  });
  expect(done).toHaveLength(24);
  expect(next.accMutualInfo?.value).toBeGreaterThan(0.25 + (next.accMutualInfo?.standardError ?? 1));
  const last = await scoreTask(ctx, opened, textTask("last-word", held, { items: 24, seed: 1 }));
  expect(last.acc.value).toBeGreaterThan(last.acc.standardError);
  await expect(
    scoreTask(ctx, opened, textTask("last-word", held, { items: 20, seed: 1 }), { cancelled: () => true }),
  ).rejects.toThrow("stopped");
  opened.model.free();
});
