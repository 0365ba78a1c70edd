// The two tables of a graph give the same cosine and sine for every position as the engine's own table.
import { expect, it } from "vitest";
import type { RopeConfig } from "../../config/ropeFrequencies.ts";
import { ropeTable } from "../../config/ropeTable.ts";
import { collectBytes } from "../files/memoryFolder.ts";
import { GraphBuilder } from "./graphBuilder.ts";
import { ropeAngles } from "./rope.ts";

const LLAMA3: RopeConfig = {
  theta: 500_000,
  scaling: { type: "llama3", factor: 32, lowFreqFactor: 1, highFreqFactor: 4, originalContext: 8192 },
};

it.each([
  { rope: { theta: 10_000 }, context: 100, rotaryDim: 8 },
  { rope: { theta: 10_000 }, context: 700, rotaryDim: 16 },
  { rope: LLAMA3, context: 131_072, rotaryDim: 64 },
])("context $context", async ({ rope, context, rotaryDim }) => {
  const graph = new GraphBuilder();
  ropeAngles(graph, "position_ids", { rope, headDim: rotaryDim, context });
  const { tensors } = graph.build("rope");
  const table = async (name: string): Promise<Float32Array> => {
    const tensor = tensors.find((candidate) => candidate.name === `rope.${name}`);
    if (!tensor) throw new Error(`no table ${name}`);
    return new Float32Array((await collectBytes(tensor.data.chunks())).buffer);
  };
  const [coarseCos, coarseSin, fineCos, fineSin] = [
    await table("coarse.cos"),
    await table("coarse.sin"),
    await table("fine.cos"),
    await table("fine.sin"),
  ];
  const pairs = rotaryDim / 2;
  const expected = ropeTable(rope, { rotaryDim, positions: context, length: 0 });
  let worst = 0;
  for (let position = 0; position < context; position += Math.max(1, Math.floor(context / 997))) {
    const [coarse, fine] = [Math.floor(position / 256) * pairs, (position % 256) * pairs];
    for (let i = 0; i < pairs; i++) {
      const [a, b] = [coarse + i, fine + i];
      const cos = (coarseCos[a] ?? NaN) * (fineCos[b] ?? NaN) - (coarseSin[a] ?? NaN) * (fineSin[b] ?? NaN);
      const sin = (coarseSin[a] ?? NaN) * (fineCos[b] ?? NaN) + (coarseCos[a] ?? NaN) * (fineSin[b] ?? NaN);
      const at = position * rotaryDim + 2 * i;
      worst = Math.max(worst, Math.abs(cos - (expected[at] ?? 0)), Math.abs(sin - (expected[at + 1] ?? 0)));
    }
  }
  expect(worst).toBeLessThan(2e-7); // NaN fails
  // no rows for positions beyond the stride in which the context ends
  expect(coarseCos.length / pairs).toBe(Math.ceil(context / 256));
});
