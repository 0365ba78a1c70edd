// The comparison with llama.cpp: which differences refuse a file, and when a file counts as not checked.
import { describe, expect, it } from "vitest";
import { EngineError } from "../../errors.ts";
import type { Folder } from "../../formats/files/folder.ts";
import { checkedText, compareInLlama, type LlamaModel } from "./llamaCheck.ts";

const TOKENS = 20;
const VOCAB = 5;
const ids = Uint32Array.from({ length: TOKENS }, (_, i) => i % VOCAB);
const logits = Float32Array.from({ length: TOKENS * VOCAB }, (_, i) => Math.sin(i * i) * 4);
const folder: Folder = { name: "f", list: () => ["model.gguf"], open: () => Promise.reject(new Error("not read")) };
const text = checkedText({ encode: (given) => Array.from(given, (c) => c.charCodeAt(0)) }, "ab");

/** Log-probabilities of the rows from `first` on. */
function logSoftmax(first: number): Float32Array {
  const out = logits.slice(first * VOCAB);
  for (let row = 0; row * VOCAB < out.length; row++) {
    const one = out.subarray(row * VOCAB, (row + 1) * VOCAB);
    const sum = Math.log(one.reduce((total, value) => total + Math.exp(value), 0));
    for (let i = 0; i < VOCAB; i++) one[i]! -= sum;
  }
  return out;
}

function compare(model: Partial<LlamaModel> & { error?: EngineError }, type: "F32" | "Q8_0" = "F32") {
  let closed = 0;
  const all: LlamaModel = {
    ...{ runtime: "llama.cpp", version: "1", tokenize: async () => [97, 98] },
    logProbabilities: async (_, first) => logSoftmax(first),
    close: () => void (closed += 1),
    ...model,
  };
  const read = async () => {
    if (model.error) throw model.error;
    return all;
  };
  const comparison = { ids, logits, text, type, architecture: "deci", engineLimit: 0, cancelled: () => false } as const;
  return compareInLlama(read, folder, comparison).then((result) => ({ ...result, closed }));
}

describe("a file in llama.cpp", () => {
  it("passes where the last probabilities and the tokens are equal, and is closed", async () => {
    const { llama, refused, closed } = await compare({});
    expect(refused).toBeUndefined();
    expect(llama).toMatchObject({ runtime: "llama.cpp", version: "1", tokens: 16, argmaxAgreement: 1, textTokens: 2 });
    expect("maxAbsLogProbabilityDifference" in llama && llama.maxAbsLogProbabilityDifference).toBeLessThan(1e-5);
    expect(closed).toBe(1);
  });

  it("is refused for other probabilities, with a wider limit where activations are quantised", async () => {
    const shifted: Partial<LlamaModel> = {
      logProbabilities: async (_, first) => logSoftmax(first).map((value, i) => (i === 7 ? value + 0.1 : value)),
    };
    const found = await compare(shifted);
    expect(found.refused).toMatch(/llama\.cpp computes other probabilities .* by up to 0\.100, more than 0\.00/);
    expect((await compare(shifted, "Q8_0")).refused).toBeUndefined();
  });

  it("is refused for other tokens, and where llama.cpp does not open it", async () => {
    const other = await compare({ tokenize: async () => [97, 99] });
    expect(other.refused).toBe("llama.cpp makes other tokens of a text: token 1 is 99 instead of 98, of 2.");
    const error = new EngineError("format", "llama.cpp does not open the file: wrong shape");
    expect(await compare({ error })).toMatchObject({ refused: error.message, llama: { notRun: error.message } });
  });

  it.each(["unsupported", "limit", "out-of-memory"] as const)("counts as not checked after %s", async (code) => {
    const { llama, refused } = await compare({ error: new EngineError(code, "too large") });
    expect([llama, refused]).toEqual([{ notRun: "too large" }, undefined]);
  });

  it("counts as not checked where probabilities are not numbers; a cancel is passed on", async () => {
    const nan = await compare({ logProbabilities: async (_, first) => logSoftmax(first).fill(NaN, 3, 4) });
    expect(nan).toMatchObject({ llama: { notRun: expect.stringContaining("above 88") as string } });
    await expect(compare({ error: new EngineError("cancelled", "stop") })).rejects.toMatchObject({ code: "cancelled" });
  });
});

it("a text ends before half of a character", () => {
  const { content } = checkedText({ encode: () => [] }, `${"a".repeat(1999)}😀`);
  expect(content).toBe("a".repeat(1999));
});
