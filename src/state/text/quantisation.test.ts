// What quantising on opening costs is measured after the dense model, once per text and memory, and never in the way of a run.
import { expect, it } from "vitest";
import type { QuantisationResult } from "../../worker/protocol.ts";
import { bench, FACTS, perplexityAt, type Script } from "../client.fixture.ts";

const open = (gpuDtype: "f32" | "q4_0") => () => ({ ...FACTS, gpuDtype });
const asked = (types: string[]): number => types.filter((type) => type === "quantisation").length;

async function opened(script: Script) {
  const studio = bench(script);
  await studio.store.getState().open({ kind: "embedded" });
  await studio.settle();
  return studio;
}

it("is measured for models that were quantised, and for no others", async () => {
  const plain = await opened({ open: open("f32") });
  expect(asked(plain.types())).toBe(0);
  const studio = await opened({ open: open("q4_0") });
  expect(studio.types()).toEqual(["open", "texts", "perplexity", "quantisation"]);
  const { quantisation } = studio.store.getState();
  expect(quantisation).toMatchObject({ phase: "measured", result: { cost: { own: 19 } } });
  studio.store.getState().measureMissing();
  await studio.settle();
  expect(asked(studio.types())).toBe(1);
  studio.store.getState().setEvaluationTokens(1024);
  expect(studio.store.getState().quantisation.phase).not.toBe("measured");
  await studio.settle();
  expect(studio.sent.at(-1)).toEqual({ type: "quantisation", tokens: 1024 });
});

it("is tried again with another memory of the GPU where it did not fit", async () => {
  const notMeasured: QuantisationResult = {
    cost: { type: "Q4_0", notMeasured: "It takes 9.00 GB for both models." },
    of: perplexityAt(20, 2048),
  };
  const studio = await opened({ open: open("q4_0"), quantisation: () => notMeasured });
  await studio.store.getState().setGpuMemory(8e9);
  await studio.settle();
  expect(asked(studio.types())).toBe(2);
  studio.store.getState().measureMissing();
  await studio.settle();
  expect(asked(studio.types())).toBe(2);
});

it("makes way for a run, and is measured after it", async () => {
  const answers: (() => void)[] = [];
  const studio = await opened({
    open: open("q4_0"),
    quantisation: () =>
      new Promise((resolve) => {
        answers.push(() => resolve({ cost: { type: "Q4_0", notMeasured: "" }, of: perplexityAt(20, 2048) }));
      }),
  });
  expect(studio.store.getState().quantisation.phase).toBe("measuring");
  const playing = studio.store.getState().train();
  await studio.settle();
  expect(studio.sent).toContainEqual({ type: "cancel", task: "quantisation" });
  answers[0]?.();
  await playing;
  // as when the slider rests
  studio.store.getState().measureMissing();
  await studio.settle();
  expect(studio.types().filter((type) => ["train", "quantisation"].includes(type))).toEqual([
    ...["quantisation", "train", "quantisation"],
  ]);
});
