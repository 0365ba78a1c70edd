// The likeliest tokens are those of the softmax, in its order.
import { expect, it } from "vitest";
import { likeliest } from "./likelyTokens.ts";

it("sorts by probability, ties by id, and gives the shares of all logits", () => {
  const found = likeliest([0, Math.log(2), 0, Math.log(4)], 3);
  expect(found.map(({ id }) => id)).toEqual([3, 1, 0]);
  [4 / 8, 2 / 8, 1 / 8].forEach((share, i) => expect(found[i]?.probability).toBeCloseTo(share, 12));
  expect(likeliest([1000, -1000], 5)).toEqual([
    { id: 0, probability: 1 },
    { id: 1, probability: 0 },
  ]);
});
