// What the Python package must compute as the studio does: noise, batches, initial parameters, architectures, fingerprints, JSON.
// The values are in python/tests/fixtures/studio.json. Where a change of them is meant, add -u to the command of this test.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { readJson } from "../formats/files/folder.ts";
import { packBits } from "../formats/files/bitset.ts";
import { describeModel } from "../formats/safetensors/describeModel.ts";
import { renamedWeights } from "../formats/safetensors/renamed.ts";
import { openWeights } from "../formats/safetensors/safetensors.ts";
import { architectureOf } from "../masks/architecture.ts";
import { gateCosts, keptInBlock, type Budget } from "../masks/budget.ts";
import { layoutOf, sharingOf } from "../masks/gates.ts";
import { hypernetLayout, initialInputs, initialTheta } from "../prune/gates/hypernetLayout.ts";
import { DEFAULT_RECIPE, type GateMode, recipeJson, type WidthMultiple } from "../recipes/recipe.ts";
import { DRAW, noiseBits, normals, uniformNoise, uniforms } from "../rng.ts";
import { batchOf } from "./batches.ts";
import { ratioOfStep } from "./ratio.ts";
import { diskFolder } from "../../../scripts/diskFolder.ts";

const FIXTURE = "../../../python/tests/fixtures/studio.json";
const COUNT = 5;
const range = <T>(of: (i: number) => T): T[] => Array.from({ length: COUNT }, (_, i) => of(i));
const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

const STREAMS = [
  { seed: 0, step: 0, draw: 0, vector: 0 },
  { seed: 1, step: 2, draw: 3, vector: 4 },
  { seed: 0xffffffff, step: 0xffffffff, draw: 1, vector: 39 },
];

function noise(): unknown {
  return {
    streams: STREAMS.map((stream) => ({
      ...stream,
      bits: range((i) => noiseBits(stream, i)),
      uniform: range((i) => uniformNoise(stream, i)),
    })),
    normals: [...normals({ seed: 7, draw: DRAW.inputs, vector: 2 }, 200)],
    uniforms: [...uniforms({ seed: 7, draw: DRAW.init, vector: 3 }, COUNT, 0.125)],
  };
}

/** Starts of the batches in a text of these many tokens. */
function batches(): unknown {
  const text = Uint32Array.from({ length: 1000 }, (_, i) => i);
  return { text: text.length, tokens: 48, seed: 9, starts: range((step) => batchOf(text, 48, 9, step)[0]) };
}

const EVERY = { ...DEFAULT_RECIPE, ratioMode: "every", seed: 3 } as const;
const ratios = (): number[] => range((step) => ratioOfStep(EVERY, step, EVERY.ratio));

/** A few values of each parameter, and of z. */
function parameters(): unknown {
  const layout = hypernetLayout(layoutOf([5, 5, 5, 7, 5]), true);
  const theta = initialTheta(layout, 11);
  const named = layout.named.map(({ name, start }) => [name, [...theta.slice(start, start + 3)]]);
  return { seed: 11, sizes: layout.gates.sizes, z: [...initialInputs(layout.gates, 11)], named };
}

const SHAPE = { layers: 3, dModel: 40, dMlp: 70, heads: 3, kvHeads: 1, headDim: 8, glu: true };
const CASES: { gates: GateMode; widthMultiple: WidthMultiple; ratio: number }[] = [
  { gates: "full", widthMultiple: 1, ratio: 0.5 },
  { gates: "full", widthMultiple: 1, ratio: 0.06 },
  { gates: "full", widthMultiple: 8, ratio: 0.62 },
  { gates: "full", widthMultiple: 32, ratio: 0.8 },
  { gates: "constrained", widthMultiple: 1, ratio: 0.43 },
  { gates: "mlp", widthMultiple: 8, ratio: 0.7 },
];

function budgetOfShape(): Budget {
  const costs = gateCosts(SHAPE);
  const full = [SHAPE.dModel, SHAPE.dModel, SHAPE.dModel, SHAPE.dMlp, SHAPE.dModel];
  const blockWeights = SHAPE.layers * keptInBlock(costs, full, 0);
  const rest = { restWeights: 0, totalWeights: blockWeights, biasesPerGate: [0, 0, 0, 0, 0], cutBiases: 0 };
  return { layers: SHAPE.layers, ...costs, blockWeights, ...rest };
}

/** Gate logits are multiples of 1/8, so that many are equal. */
function architectures(): unknown {
  const block = [SHAPE.dModel, SHAPE.dModel, SHAPE.dModel, SHAPE.dMlp, SHAPE.dModel];
  const layout = layoutOf(Array.from({ length: SHAPE.layers }, () => block).flat());
  const budget = budgetOfShape();
  const cases = CASES.map(({ gates, widthMultiple, ratio }, seed) => {
    const sharing = sharingOf({ gates, widthMultiple }, layout);
    const logits = new Float32Array(layout.length);
    sharing.shown.forEach((vector, place) => {
      const values = normals({ seed, draw: DRAW.inputs, vector: Math.max(vector, 0) }, layout.sizes[place] ?? 0);
      logits.set(
        values.map((value) => Math.round(8 * value) / 8),
        layout.offsets[place],
      );
    });
    const { masks, ...found } = architectureOf(logits, { layout, budget, ratio, sharing });
    return { gates, widthMultiple, ratio, seed, ...found, masks: masks.map(packBits) };
  });
  return { shape: SHAPE, cases };
}

/** prefix: tensors are presented under their names with it. */
async function fingerprint(path: string, prefix = ""): Promise<string> {
  const stored = diskFolder(path);
  const { names } = await openWeights(stored);
  const folder = prefix ? await renamedWeights(stored, new Map(names.map((name) => [name, prefix + name]))) : stored;
  const config = await readJson(await folder.open("config.json"));
  return sha256(describeModel(config, await openWeights(folder))).slice(0, 16);
}

const NUMBERS = [0, -0, 1, 1e-5, 1e-6, 1e-7, 1.5e-7, 0.1, 10000, 123456789012, 1e20, 1e21, 1.25e22, -2.5, 3.4e38];

test("the values that the Python package reproduces", async () => {
  const values = {
    ...{ noise: noise(), batches: batches(), ratios: ratios(), parameters: parameters() },
    architectures: architectures(),
    fingerprints: {
      "public/model": await fingerprint("public/model"),
      "golden/llama": await fingerprint("golden/llama"),
    },
    renamed: await fingerprint("golden/llama", "other."),
    recipe: recipeJson(DEFAULT_RECIPE),
    numbers: NUMBERS.map((number) => [number, JSON.stringify(number)]),
    json: JSON.stringify({ b: [1, {}, []], "2": "é\u0001\n", "1": null, a: { c: true } }, null, 2),
  };
  await expect(`${JSON.stringify(values)}\n`).toMatchFileSnapshot(FIXTURE);
});
