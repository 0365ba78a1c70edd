// Checkpoints survive a round trip, and damaged ones are refused.
import { describe, expect, test } from "vitest";
import { EngineError } from "../errors.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { collectBytes, memorySource } from "../formats/files/memoryFolder.ts";
import { readSafetensors, writeSafetensors } from "../formats/safetensors/safetensors.ts";
import { DEFAULT_RECIPE, type Recipe, recipeJson } from "../recipes/recipe.ts";

const checkpoint: Checkpoint = {
  recipe: { ...DEFAULT_RECIPE, ratio: 0.3, seed: 7 },
  step: 250,
  targets: [
    [0, 0.5],
    [13, 0.3],
  ],
  subject: "model and text",
  theta: Float32Array.of(1, -2, 3.5),
  m: Float32Array.of(0, 1e-9, 2),
  v: Float32Array.of(4, 5, 6),
};

test("round trip", async () => {
  expect(await decodeCheckpoint(await encodeCheckpoint(checkpoint))).toEqual(checkpoint);
});

test("the matmul kernels are read back, may be missing, and are refused by their field", async () => {
  const table = { kernels: 1, default: "sized", classes: { "forward f32 128 960x576": "split" } };
  const matmul = { adapter: "card", table };
  expect(await decodeCheckpoint(await encodeCheckpoint({ ...checkpoint, matmul }))).toEqual({ ...checkpoint, matmul });
  const bad = { adapter: "card", table: { ...table, kernels: 0 } };
  await expect(decodeCheckpoint(await encodeCheckpoint({ ...checkpoint, matmul: bad }))).rejects.toThrow(
    "checkpoint: matmul.table.kernels: expected a whole number of at least 1, got 0. Start a new run.",
  );
});

test("a truncated file is refused", async () => {
  const bytes = await encodeCheckpoint(checkpoint);
  await expect(decodeCheckpoint(bytes.slice(0, bytes.length - 4))).rejects.toThrow(EngineError);
});

test("a recipe out of bounds is refused by its field", async () => {
  const bad = await encodeCheckpoint({ ...checkpoint, recipe: { ...checkpoint.recipe, steps: -1 } });
  await expect(decodeCheckpoint(bad)).rejects.toThrow(
    "checkpoint: recipe.steps: expected a whole number from 1 to 100000, got -1. Start a new run.",
  );
});

test("an ablation without a hypernetwork is refused for every ratio", async () => {
  const ask = (gates: Recipe["gates"]) =>
    encodeCheckpoint({ ...checkpoint, recipe: { ...checkpoint.recipe, gates, ratioMode: "every" } });
  await expect(decodeCheckpoint(await ask("no-gru"))).rejects.toThrow(
    /gates: expected full, mlp or constrained, got no-gru/,
  );
  expect((await decodeCheckpoint(await ask("constrained"))).recipe.gates).toBe("constrained");
});

test("a recipe from before runs for every ratio and ablations is for one ratio and the full method", async () => {
  const known = Object.entries(checkpoint.recipe).filter(
    ([field]) => !/^(gates|ratioMode|ratioFrom|ratioTo)$/.test(field),
  );
  const saved = await encodeCheckpoint({ ...checkpoint, recipe: Object.fromEntries(known) as unknown as Recipe });
  expect((await decodeCheckpoint(saved)).recipe).toEqual(checkpoint.recipe);
});

/** The checkpoint with changed metadata, written as a stranger might. */
async function rewritten(
  change: (metadata: Readonly<Record<string, string>>) => Record<string, string>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { tensors, metadata, readTensor } = await readSafetensors(
    memorySource("checkpoint", await encodeCheckpoint(checkpoint)),
  );
  const streams = [...tensors.values()].map(({ name, dtype, shape }) => ({
    ...{ name, dtype, shape },
    chunks: async function* () {
      yield await readTensor(name);
    },
  }));
  return collectBytes(writeSafetensors(streams, change(metadata)));
}

test("a checkpoint of an older version has no targets and no checksum, and targets that are not in order are refused", async () => {
  const bytes = new TextDecoder("latin1").decode(await encodeCheckpoint(checkpoint));
  const saved = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const older = await rewritten((metadata) =>
    Object.fromEntries(Object.entries(metadata).filter(([name]) => name !== "targets" && name !== "sha256")),
  );
  expect((await decodeCheckpoint(older)).targets).toEqual([]);
  await expect(decodeCheckpoint(saved(bytes.replace("[13,0.3]", "[00,0.3]")))).rejects.toThrow(EngineError);
  await expect(decodeCheckpoint(saved(bytes.replace("[13,0.3]", "[0,0.03]")))).rejects.toThrow(/targets/);
});

describe("damage that leaves every field plausible is found by the checksum", () => {
  test("each flipped bit of the tensors", async () => {
    const bytes = await encodeCheckpoint(checkpoint);
    for (let bit = 0; bit < 36 * 8; bit += 5) {
      const damaged = bytes.slice();
      damaged[bytes.length - 36 + (bit >> 3)]! ^= 1 << (bit & 7);
      await expect(decodeCheckpoint(damaged)).rejects.toMatchObject({ code: "format" });
    }
  });

  test.each([
    ["step", "251", "checkpoint: sha256: expected"],
    ["subject", "model and text!", "checkpoint: sha256: expected"],
    ["sha257", "a", "checkpoint: metadata: expected one of format, recipe, step, targets, subject, matmul, sha256"],
  ])("%s", async (name, text, message) => {
    const damaged = await rewritten((metadata) => ({ ...metadata, [name]: text }));
    await expect(decodeCheckpoint(damaged)).rejects.toThrow(message);
  });
});

describe("what cannot be resumed is refused by its field", () => {
  const withMetadata = (name: string, text: string): Promise<Uint8Array<ArrayBuffer>> =>
    rewritten((metadata) => ({ ...metadata, [name]: text }));

  test.each(["-1", "23.5", "NaN", "Infinity", "1e999", "", "five", "601", "999999", "0x10", "null"])(
    "step %j",
    async (step) => {
      await expect(decodeCheckpoint(await withMetadata("step", step))).rejects.toThrow(
        `checkpoint: step: expected a whole number from 0 to 600, the steps of the recipe, got ${JSON.stringify(step)}. Start a new run.`,
      );
    },
  );

  const recipe = recipeJson(checkpoint.recipe);
  test.each([
    ["null", "checkpoint: recipe: expected an object, got null"],
    ["[]", "checkpoint: recipe: expected an object, got []"],
    ["5", "checkpoint: recipe: expected an object, got 5"],
    [`{"steps":1,"steps":2}`, 'checkpoint: recipe: expected each key once, got "steps" twice'],
    [JSON.stringify({ ...recipe, method: "magic" }), 'checkpoint: recipe.method: expected one of disp, got "magic"'],
    [JSON.stringify({ ...recipe, seed: "1" }), 'checkpoint: recipe.seed: expected a number, got "1"'],
    ["{", "checkpoint: recipe: expected JSON"],
  ])("recipe %s", async (text, message) => {
    const decoded = decodeCheckpoint(await withMetadata("recipe", text));
    await expect(decoded).rejects.toMatchObject({
      code: "format",
      message: expect.stringContaining(message) as string,
    });
  });

  test.each([
    ["theta", NaN, "theta: expected finite values, got NaN at position 1"],
    ["theta", Infinity, "theta: expected finite values, got Infinity at position 1"],
    ["m", -Infinity, "m: expected finite values, got -Infinity at position 1"],
    ["v", NaN, "v: expected finite values of at least 0, got NaN at position 1"],
    ["v", -1, "v: expected finite values of at least 0, got -1 at position 1"],
  ] as const)("%s with %d", async (name, value, message) => {
    const changed = checkpoint[name].slice();
    changed[1] = value;
    const bytes = await encodeCheckpoint({ ...checkpoint, [name]: changed });
    await expect(decodeCheckpoint(bytes)).rejects.toThrow(`checkpoint: ${message}. Start a new run.`);
  });

  test("moments of another length", async () => {
    const bytes = await encodeCheckpoint({ ...checkpoint, m: Float32Array.of(1) });
    await expect(decodeCheckpoint(bytes)).rejects.toThrow("checkpoint: m: expected 3 values, as of theta, got 1");
  });
});
