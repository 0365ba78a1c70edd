// The hypernetwork against PyTorch's golden gate logits, and its gradient against the composed f64 references.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import goldenUrl from "../../../../golden/llama/golden.safetensors?url";
import { Ctx } from "../../ctx.ts";
import { memorySource } from "../../formats/files/memoryFolder.ts";
import { readSafetensors } from "../../formats/safetensors/safetensors.ts";
import { sha256 } from "../../model/open.ts";
import { gradientArithmetic } from "../../ops/arithmetic.ts";
import { geluRef } from "../../ops/gelu.ref.ts";
import { gruRef } from "../../ops/gru.ref.ts";
import { headsRef } from "../../ops/heads.ref.ts";
import { layerNormRef } from "../../ops/layerNorm.ref.ts";
import { linearTrainedRef } from "../../ops/linearTrained.ref.ts";
import { worstDifference } from "../../ops/registry/parity.ts";
import { randomRef, refTensor, type RefTensor } from "../../ops/kit/ref.ts";
import { Tape } from "../../tape.ts";
import { type Tensor, view } from "../../tensor.ts";
import { layoutOf, unflatten } from "../../masks/gates.ts";
import { flatValues } from "../../ops/kit/flatValues.ts";
import { Hypernet } from "./hypernet.ts";
import { hypernetLayout, type NamedArrays, namedOf, NORM_EPS, ratioFeatures } from "./hypernetLayout.ts";
import { openSharedGpu } from "../../gpu/sharedGpu.fixture.ts";

const PREFIX = "hn.start.";
const BLOCK = [64, 64, 64, 176, 64];
const gates = layoutOf([BLOCK, BLOCK, BLOCK].flat());
const shape = hypernetLayout(gates);

let ctx: Ctx;
let named: Map<string, Float32Array<ArrayBuffer>>;
let goldenLogits: Float32Array[];
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  const bytes = new Uint8Array(await (await fetch(goldenUrl)).arrayBuffer());
  const file = await readSafetensors(memorySource("golden.safetensors", bytes));
  named = new Map([["z", await file.readFloat32("hn.z")]]);
  for (const name of file.tensors.keys()) {
    if (name.startsWith(PREFIX)) named.set(name.slice(PREFIX.length), await file.readFloat32(name));
  }
  goldenLogits = await Promise.all(gates.sizes.map((_, i) => file.readFloat32(`hn.logits.${i}`)));
});
afterAll(() => ctx.gpu.destroy());

/** The gradient of dLogits . logits by every parameter, in f64, by PyTorch's names. ratio: the input of a hypernetwork for every ratio. */
function referenceGradients(named: NamedArrays, dLogits: RefTensor, ratio?: number): Map<string, Float64Array> {
  const of = (name: string, shape: readonly number[]): RefTensor =>
    refTensor(shape, named.has(name) ? Float64Array.from(named.get(name) ?? []) : undefined);
  const steps = gates.sizes.length;
  const first = [
    refTensor([1, 8], Float64Array.from(ratioFeatures(ratio ?? 0))),
    of("ratio.0.weight", [32, 8]),
    of("ratio.0.bias", [32]),
  ];
  const inner = linearTrainedRef.forward(first, {});
  const second = [...geluRef.forward(inner, {}), of("ratio.2.weight", [32, 32]), of("ratio.2.bias", [32])];
  const [embedded] = ratio === undefined ? [] : linearTrainedRef.forward(second, {});
  const z = of("z", [steps, 32]);
  z.data.forEach((value, i) => (z.data[i] = value + (embedded?.data[i % 32] ?? 0)));
  const direction = (suffix: string) => ({
    input: [z, of(`gru.weight_ih_l0${suffix}`, [192, 32]), of(`gru.bias_ih_l0${suffix}`, [192])],
    hidden: [of(`gru.weight_hh_l0${suffix}`, [192, 64]), of(`gru.bias_hh_l0${suffix}`, [192])],
  });
  const both = [direction(""), direction("_reverse")];
  const inputs = both.flatMap(({ input }) => linearTrainedRef.forward(input, {}));
  const gruInputs = [...inputs, ...both.flatMap(({ hidden }) => hidden)];
  const states = gruRef.forward(gruInputs, {});
  const normInputs = [...states, of("norm.weight", [128]), of("norm.bias", [128])];
  const normParams = { eps: NORM_EPS, frozen: false };
  const normed = layerNormRef.forward(normInputs, normParams);
  const headWeight = refTensor([gates.length, 128]);
  gates.offsets.forEach((offset, i) => headWeight.data.set(named.get(`heads.${i}.weight`) ?? [], offset * 128));

  const present = (gradients: readonly (RefTensor | null)[] | undefined): RefTensor[] =>
    (gradients ?? []).map((gradient) => {
      if (!gradient) throw new RangeError("a reference left a gradient out");
      return gradient;
    });
  const [dh, dHeads] = present(
    headsRef.backward?.([...geluRef.forward(normed, {}), headWeight], { sizes: gates.sizes }, [dLogits]),
  );
  const dNormed = present(geluRef.backward?.(normed, {}, dh ? [dh] : []));
  const [dStates, dNormWeight, dNormBias] = present(layerNormRef.backward?.(normInputs, normParams, dNormed));
  const dGru = present(gruRef.backward?.(gruInputs, {}, dStates ? [dStates] : []));
  const out = new Map<string, Float64Array>();
  const put = (name: string, gradient: RefTensor | undefined): void =>
    void out.set(name, gradient?.data ?? new Float64Array());
  const dEmbedded = refTensor([1, 32]);
  both.forEach(({ input }, d) => {
    const suffix = d === 0 ? "" : "_reverse";
    const dInput = dGru[d];
    const [dz, dw, db] = present(linearTrainedRef.backward?.(input, {}, dInput ? [dInput] : []));
    dz?.data.forEach((value, i) => (dEmbedded.data[i % 32] = (dEmbedded.data[i % 32] ?? 0) + value));
    put(`gru.weight_ih_l0${suffix}`, dw);
    put(`gru.bias_ih_l0${suffix}`, db);
    put(`gru.weight_hh_l0${suffix}`, dGru[2 + 2 * d]);
    put(`gru.bias_hh_l0${suffix}`, dGru[3 + 2 * d]);
  });
  if (ratio !== undefined) {
    const [dGelu, dw2, db2] = present(linearTrainedRef.backward?.(second, {}, [dEmbedded]));
    const dInner = present(geluRef.backward?.(inner, {}, dGelu ? [dGelu] : []));
    const [, dw0, db0] = present(linearTrainedRef.backward?.(first, {}, dInner));
    put("ratio.0.weight", dw0);
    put("ratio.0.bias", db0);
    put("ratio.2.weight", dw2);
    put("ratio.2.bias", db2);
  }
  put("norm.weight", dNormWeight);
  put("norm.bias", dNormBias);
  gates.sizes.forEach((size, i) => {
    const offset = gates.offsets[i] ?? 0;
    out.set(`heads.${i}.weight`, dHeads?.data.subarray(offset * 128, (offset + size) * 128) ?? new Float64Array());
  });
  return out;
}

async function expectReferenceGradients(hypernet: Hypernet, ratio?: number): Promise<void> {
  const dLogits = randomRef(7, [gates.length]);
  const values = await hypernet.toNamed(ctx);
  if (ratio !== undefined) hypernet.setRatio(ctx, ratio);
  const gradient = await ctx.gpu.checked("hypernetwork", () =>
    ctx.step(() => {
      const tape = new Tape(gradientArithmetic(ctx));
      ctx.tape = tape;
      const seed = ctx.upload(Float32Array.from(dLogits.data), [gates.length], "dLogits");
      tape.backward([[hypernet.forward(ctx), seed]]);
      return hypernet.parameters.flatMap((one) => tape.gradients.of(one) ?? []);
    }),
  );
  const found = namedOf(hypernet.layout, await flatValues(ctx, gradient));
  const expected = referenceGradients(values, dLogits, ratio);
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, slopes] of found) {
    expect(worstDifference(slopes, expected.get(name) ?? []), name).toBeLessThan(1e-4);
  }
}

describe("hypernetwork with PyTorch's golden start", () => {
  test("logits are PyTorch's", async () => {
    const hypernet = Hypernet.fromNamed(ctx, shape, named);
    const logits = await ctx.gpu.checked("hypernetwork", () => ctx.step(() => hypernet.forward(ctx)));
    const found = unflatten(gates, await ctx.read(logits));
    expect(found).toHaveLength(goldenLogits.length);
    found.forEach((vector, i) => expect(worstDifference(vector, goldenLogits[i] ?? [])).toBeLessThan(2e-4));
    hypernet.free(ctx);
  });

  test("the gradient by every parameter is that of the references", async () => {
    const hypernet = Hypernet.fromNamed(ctx, shape, named);
    await expectReferenceGradients(hypernet);
    hypernet.free(ctx);
  });

  test("named parameters are returned unchanged", async () => {
    const hypernet = Hypernet.fromNamed(ctx, shape, named);
    expect(await hypernet.toNamed(ctx)).toEqual(named);
    hypernet.free(ctx);
  });
});

test("for every ratio, the gradient by every parameter is that of the references", async () => {
  const hypernet = Hypernet.fromSeed(ctx, hypernetLayout(gates, true), 3);
  await expectReferenceGradients(hypernet, 0.37);
  hypernet.free(ctx);
});

const digestOf = (values = new Float32Array()): Promise<string> =>
  sha256(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));

test("the gradient of the heads in parts is the one on the tape, bit for bit", async () => {
  const large = hypernetLayout(layoutOf([40_000, 70, 40_000, 1]));
  const hypernet = Hypernet.fromSeed(ctx, large, 3);
  const gradients = async (inParts: boolean): Promise<Float32Array<ArrayBuffer>[]> => {
    const parts = hypernet.parameters.map(({ shape: of }) => ctx.persistent("gradient", of));
    const used: number[] = [];
    await ctx.gpu.checked("hypernetwork", () =>
      ctx.step(() => {
        const arithmetic = gradientArithmetic(ctx);
        const tape = new Tape(arithmetic);
        ctx.tape = tape;
        const at = (tensor: Tensor): number => hypernet.parameters.findIndex(({ buffer }) => buffer === tensor.buffer);
        const keep = (tensor: Tensor, gradient: Tensor): void => {
          const target = parts[at(tensor)];
          if (target) arithmetic.copyInto(view(target, tensor.offset, tensor.shape), gradient);
        };
        const useGradient = (rows: Tensor, gradient: Tensor): void => {
          used.push(at(rows));
          keep(rows, gradient);
        };
        const dLogits = Float32Array.from({ length: large.gates.length }, (_, i) => ((i * 37) % 101) / 50 - 1);
        const seed = ctx.upload(dLogits, [dLogits.length], "dLogits");
        tape.backward([[hypernet.forward(ctx, inParts ? useGradient : undefined), seed]]);
        hypernet.parameters.forEach((one, i) => {
          const gradient = used.includes(i) ? undefined : tape.gradients.of(one);
          if (gradient) keep(one, gradient);
        });
      }),
    );
    expect(used).toEqual(inParts ? [1, 1] : []);
    const values = [];
    for (const part of parts) values.push(await ctx.read(part));
    ctx.free(...parts);
    return values;
  };
  const [whole, parts] = [await gradients(false), await gradients(true)];
  expect(Math.max(...(whole[1]?.subarray(0, 1000) ?? [0]).map(Math.abs))).toBeGreaterThan(0.01);
  for (const [i, values] of whole.entries()) expect(await digestOf(values)).toBe(await digestOf(parts[i]));
  hypernet.free(ctx);
  ctx.freeStep();
});

describe("hypernetwork from a seed", () => {
  const logitsOf = async (seed: number): Promise<Float32Array> => {
    const hypernet = Hypernet.fromSeed(ctx, shape, seed);
    const logits = await ctx.gpu.checked("hypernetwork", () => ctx.step(() => hypernet.forward(ctx)));
    const values = await ctx.read(logits);
    hypernet.free(ctx);
    return values;
  };

  test("repeats, differs by seed, starts near 0 and leaves padding at 0", async () => {
    const logits = await logitsOf(3);
    expect(await logitsOf(3)).toEqual(logits);
    expect(await logitsOf(4)).not.toEqual(logits);
    expect(Math.max(...logits.map(Math.abs))).toBeLessThan(2);
    gates.offsets.forEach((offset, i) => {
      const end = offset + (gates.sizes[i] ?? 0);
      expect(logits.slice(offset, end).filter((value) => value === 0)).toHaveLength(0);
      expect(logits.slice(end, gates.offsets[i + 1] ?? gates.length).filter((value) => value !== 0)).toHaveLength(0);
    });
  });
});
