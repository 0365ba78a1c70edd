// Which ops are timed, and what their rates count.
import { expect, test } from "vitest";
import { ops } from "../../engine/ops/registry/index.ts";
import { bytesMoved, sizeWords, type TimedCase, type TimedSizes } from "./timedCase.ts";
import { TIMED } from "./timedOps.ts";
import { UNTIMED } from "./untimed.ts";

const SIZES: TimedSizes = { rows: 4, d: 64, f: 128, heads: 2, vocab: 32, blocks: 1, hidden: 8 };

const caseOf = (op: string): TimedCase<unknown> => {
  const found = TIMED.find((one) => one.op === op);
  if (!found) throw new Error(`expected a timed op, got "${op}"`);
  return found.at(SIZES);
};

test("every op of the registry is timed once, or says why it is not", () => {
  const own = TIMED.map(({ op }) => op).filter((op) => op !== "linear: gradient of x");
  expect([...own, ...Object.keys(UNTIMED)].sort()).toEqual(ops.map(({ name }) => name).sort());
});

test.each([
  ["linear", 2 * 4 * 128 * 64],
  ["linear: gradient of x", 2 * 4 * 128 * 64],
  ["linearWeightGradient", 2 * 4 * 128 * 64],
  // q k^T and weights times v, each of half of 4 x 4 pairs of 64 numbers
  ["attention", 2 * (2 * 8 * 64)],
  ["attention: RoPE", 2 * (2 * 8 * 64)],
  ["crossEntropy", 2 * 4 * 32 * 64],
  ["klLoss", 2 * (2 * 4 * 32 * 64)],
  // two directions, five steps of three gates of 8 x 8
  ["gru", 2 * (2 * 5 * 24 * 8)],
  ["gram", 2 * 4 * ((64 * 65) / 2)],
])("%s counts its multiply-adds twice", (op, flop) => {
  const timed = caseOf(op);
  expect(timed.flop).toBe(flop);
  expect(timed.bytes).toBeUndefined();
});

test.each([
  ["activation: glu", [[4, 128]], 4 * (2 * 128 + 128) * 4],
  // theta, m and v are read and written, the gradient is read
  ["adamW", [[4096], [4096], [4096]], 7 * 4096 * 4],
  // q|k|v twice, the angles and the position
  ["rope", [[4, 192]], (2 * 4 * 192 + 4 * 16 * 2 + 1) * 4],
  ["arithmetic: copy into", [[4, 128]], 2 * 4 * 128 * 4],
  ["arithmetic: fill", [[4, 128]], 4 * 128 * 4],
  // ids, a row of the table per token, and the result
  ["embedding", [[4, 64]], (4 + 2 * 4 * 64) * 4],
  // keys and values of all tokens, q|k|v of one, its own key and value, the result
  [
    "cachedAttention",
    [
      [1, 64],
      [4, 128],
    ],
    (4 * 128 + 192 + 128 + 64) * 4,
  ],
])("%s counts what it reads and writes", (op, outputs, bytes) => {
  const timed = caseOf(op);
  expect(timed.flop).toBeUndefined();
  expect(
    bytesMoved(
      timed,
      outputs.map((shape) => ({ shape })),
    ),
  ).toBe(bytes);
});

test("an op is limited by one thing, and its inputs are as long as their shapes", () => {
  for (const { op, at } of TIMED) {
    const { inputs, flop, bytes } = at(SIZES);
    expect([flop, bytes].filter((one) => one !== undefined).length, op).toBeLessThan(2);
    for (const { shape, values } of inputs)
      expect(values(), op).toHaveLength(shape.reduce((product, n) => product * n, 1));
  }
});

test("a size is the shapes of the inputs, each once", () => {
  expect(sizeWords(caseOf("linear"))).toBe("4 x 64, 128 x 64");
  expect(sizeWords(caseOf("gate: add"))).toBe("4 x 64, 64");
});
