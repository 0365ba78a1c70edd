// Modules that masks leave without any effect: found, cleared and named; a module that a bias keeps alive is not one.
import { describe, expect, it } from "vitest";
import { LLAMA_DESIGN } from "../config/modelConfig.ts";
import { countsOf } from "./budget.ts";
import { emptyModuleNames, emptyModules, moduleLists, partlyEmpty, withoutIdleModules } from "./modules.ts";

const PLAIN = { design: LLAMA_DESIGN };
const biased = (biases: Partial<typeof LLAMA_DESIGN.biases>) => ({
  design: { ...LLAMA_DESIGN, biases: { ...LLAMA_DESIGN.biases, ...biases } },
});

/** Masks of two blocks with these vectors empty. */
const masksWithout = (...empty: readonly number[]): Uint8Array[] =>
  Array.from({ length: 10 }, (_, vector) => new Uint8Array(4).fill(empty.includes(vector) ? 0 : 1));

describe("modules without effect", () => {
  it.each<[string, number[], number[]]>([
    ["nothing", [], []],
    ["attention without input", [0], [0, 1]],
    ["attention without output", [6], [5, 6]],
    ["an MLP without input", [2], [2, 3, 4]],
    ["an MLP without middle", [8], [7, 8, 9]],
    ["an MLP without output", [9], [7, 8, 9]],
    ["both", [1, 3], [0, 1, 2, 3, 4]],
  ])("%s", (_, empty, cleared) => {
    const found = countsOf(withoutIdleModules(PLAIN, masksWithout(...empty)));
    expect(found.flatMap((count, vector) => (count === 0 ? [vector] : []))).toEqual(cleared);
    expect(moduleLists(PLAIN, masksWithout(...empty)).map(({ length }) => length)).toEqual(found);
  });

  it.each<[string, Partial<typeof LLAMA_DESIGN.biases>, number]>([
    ["of q, k and v", { qkv: true }, 0],
    ["of o", { o: true }, 0],
    ["of the MLP", { mlp: true }, 2],
    ["of the MLP", { mlp: true }, 3],
  ])("have no bias %s that makes an output of nothing: %j, vector %i", (_, biases, vector) => {
    const masks = masksWithout(vector);
    expect(withoutIdleModules(biased(biases), masks)).toEqual(masks);
    expect(() => moduleLists(biased(biases), masks)).toThrow(/expected at least one kept gate, or none in all/);
  });

  it("may have biases where their output has no gate", () => {
    const all = biased({ qkv: true, o: true, mlp: true });
    const counts = countsOf(withoutIdleModules(all, masksWithout(1, 9)));
    expect(counts).toEqual([0, 0, 4, 4, 4, 4, 4, 0, 0, 0]);
  });

  it("are named by block", () => {
    const counts = [0, 0, 4, 4, 4, 0, 0, 0, 0, 0];
    expect(emptyModules(counts)).toEqual({ attention: [0, 1], mlp: [1] });
    expect(emptyModuleNames(emptyModules(counts))).toBe("attention of blocks 0, 1; MLP of block 1");
    expect(emptyModuleNames(emptyModules([1, 1, 1, 1, 1]))).toBe("");
    expect(partlyEmpty(counts)).toBeUndefined();
    expect(partlyEmpty([4, 4, 4, 0, 4])).toBe(3);
  });
});
