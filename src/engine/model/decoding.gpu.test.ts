// Decoding with the KV cache compared with one forward pass, for every family, with the kernels of this adapter and of graphics cards.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import { openCase } from "../golden/case.ts";
import { goldenFolder } from "../golden/folders.fixture.ts";
import { forward, GOLDEN_LIMITS } from "../golden/model.ts";
import { AS_CARD } from "../gpu/device.ts";
import { indexLists } from "../masks/compact.ts";
import { gateLayout } from "../masks/gates.ts";
import { worstDifference } from "../ops/registry/parity.ts";
import { decodedLogits } from "./decoding.fixture.ts";
import { cutReader } from "../prune/gates/cutReader.ts";
import { loadModel, type Model } from "./load.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

let own: Ctx;
let card: Ctx;
/** Kernels that ran on `card`. */
const ran = new Set<string>();
beforeAll(async () => {
  own = new Ctx(await openSharedGpu());
  card = new Ctx(await openSharedGpu({ facts: AS_CARD }));
  const run = card.run.bind(card);
  card.run = (spec, ...rest) => {
    ran.add(spec.label);
    run(spec, ...rest);
  };
});
afterAll(() => {
  own.gpu.destroy();
  card.gpu.destroy();
});

const CASES = ["llama", "llama3", "mistral", "gemma", "qwen2", "qwen3", "opt", "opt350", "phi"];
/** One by one, all with the same kernel on cards; a longer prompt; and passes of few and of more rows. */
const PORTIONS = [{ prompt: 1 }, { prompt: 17 }, { prompt: 4, portion: 3 }, { prompt: 2, portion: 5 }];
const TOKENS = 24;

/** Compares decoding, by all portions, with one forward pass. */
async function checkDecoding(ctx: Ctx, model: Model, ids: Uint32Array): Promise<void> {
  const { logits } = await forward(ctx, model, ids);
  const expected = logits.subarray(-model.config.vocab);
  for (const portions of PORTIONS) {
    const found = await decodedLogits(ctx, model, [...ids], portions);
    expect(worstDifference(found, expected), JSON.stringify(portions)).toBeLessThan(GOLDEN_LIMITS.logits);
  }
}

describe.each(CASES)("%s", (name) => {
  test("gives the same logits token by token as in one pass", async () => {
    const golden = await openCase(await goldenFolder(name));
    const ids = (await golden.ids("ids")).slice(0, TOKENS);
    for (const ctx of [own, card]) {
      const model = await loadModel(ctx, golden.config, golden.weights);
      await checkDecoding(ctx, model, ids);
      model.free();
    }
    expect(ran).toContain("cachedAttention.few_rows");
  });

  test("as a compact model too", async () => {
    const golden = await openCase(await goldenFolder(name));
    const { config, weights } = golden;
    const ids = (await golden.ids("ids")).slice(0, TOKENS);
    const lists = indexLists(await Promise.all(gateLayout(config).sizes.map((_, i) => golden.mask(`hard.mask.${i}`))));
    for (const ctx of [own, card]) {
      const model = await loadModel(ctx, config, cutReader(weights, config.family, lists), { lists });
      await checkDecoding(ctx, model, ids);
      model.free();
    }
    expect(ran).toContain("cutNorm.forward");
  });
});
