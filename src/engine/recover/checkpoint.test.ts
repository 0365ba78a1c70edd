// A recovery's checkpoint: what it stores is read again, with and without what older versions lack.
import { expect, test } from "vitest";
import { DEFAULT_RECOVER_RECIPE } from "../recipes/recoverRecipe.ts";
import { decodeRecovery, encodeRecovery } from "./checkpoint.ts";

const values = Float32Array.of(1, 2, 3);
const OLDER = {
  ...{ recipe: { ...DEFAULT_RECOVER_RECIPE, learningRate: 1e-3 }, step: 50, subject: "s" },
  guard: { before: 30, best: 28, bestStep: 50, last: 28, lastStep: 50, tokens: 1024 },
  ...{ theta: values, m: values, v: values, best: values },
};

test.each([OLDER, { ...OLDER, context: 256 }])("is read as it was written", async (checkpoint) => {
  expect(await decodeRecovery(await encodeRecovery(checkpoint))).toEqual(checkpoint);
});

test("windows that are no number of tokens are refused by name", async () => {
  await expect(encodeRecovery({ ...OLDER, context: 0.5 }).then(decodeRecovery)).rejects.toThrow(/context: expected/);
});
