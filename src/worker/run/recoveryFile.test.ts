// A stored recovery belongs to one tab, and has two generations, of which one survives a failure.
import { expect, test } from "vitest";
import type { EngineError } from "../../engine/index.ts";
import { gateRun } from "../../engine/formats/runs/runs.fixture.ts";
import { decodeRecovery, encodeRecovery } from "../../engine/recover/checkpoint.ts";
import { DEFAULT_RECOVER_RECIPE } from "../../engine/recipes/recoverRecipe.ts";
import { Claims } from "../storage/claims.ts";
import { memoryOpfs } from "../storage/opfs.fixture.ts";
import { RecoveryFile, type StoredRecovery } from "./recoveryFile.ts";

const unexpected = (error: EngineError): never => {
  throw error;
};

test("another tab neither sees, replaces nor removes it, until the first one has given it up", async () => {
  const root = memoryOpfs();
  root.set(
    "recoveries",
    new Map([
      ["abc.json", Uint8Array.of(1)],
      ["abc.safetensors", Uint8Array.of(2)],
    ]),
  );
  const [first, second] = [new Claims(), new Claims()];
  expect(await first.owns("recoveries/abc")).toBe(true);
  const file = new RecoveryFile({ identity: "abc" }, second, unexpected);
  expect(await file.saved()).toBeUndefined();
  await file.remove();
  await expect(file.write({ saved: {} as never, checkpoint: Uint8Array.of(3) })).rejects.toThrow(
    "Another tab has a recovery of this model, and one is stored per model.",
  );
  expect([...(root.get("recoveries") as Map<string, Uint8Array>).values()]).toEqual([
    Uint8Array.of(1),
    Uint8Array.of(2),
  ]);
  first.keepOnly("recoveries/other");
  await expect.poll(() => second.owns("recoveries/abc")).toBe(true);
  await file.remove();
  expect([...(root.get("recoveries") as Map<string, Uint8Array>).keys()]).toEqual([]);
});

/** A recovery that was paused at a step. */
async function stored(step: number): Promise<StoredRecovery> {
  const values = Float32Array.of(step, 1, 2);
  const arrays = { theta: values, m: values, v: values, best: values };
  const recipe = { ...DEFAULT_RECOVER_RECIPE, learningRate: 1e-3 };
  const choice = { steps: 300, matrices: "out", seed: 1 } as const;
  return {
    saved: { subject: "s", choice, step, readings: [], run: gateRun("a") },
    checkpoint: await encodeRecovery({ recipe, step, subject: "s", ...arrays }),
  };
}

test("a loaded recovery brings the windows of its guard, which older ones lack", async () => {
  memoryOpfs();
  const claims = new Claims();
  const open = () => new RecoveryFile({ identity: "abc" }, claims, unexpected);
  const older = await stored(10);
  await open().write(older);
  expect(await open().load()).not.toHaveProperty("context");
  const checkpoint = await encodeRecovery({ ...(await decodeRecovery(older.checkpoint)), context: 128 });
  await open().write({ saved: { ...older.saved, step: 20 }, checkpoint });
  expect(await open().load()).toMatchObject({ context: 128, checkpoint });
});

test("the other generation is used where one is damaged, which is set aside with its reason", async () => {
  const root = memoryOpfs();
  const folder = () => root.get("recoveries") as Map<string, Uint8Array<ArrayBuffer>>;
  const errors: string[] = [];
  const claims = new Claims();
  const open = () => new RecoveryFile({ identity: "abc" }, claims, ({ message }) => errors.push(message));
  // written by a version without generations
  await open().write(await stored(10));
  for (const end of ["json", "safetensors"]) {
    folder().set(`abc.${end}`, folder().get(`abc.0.${end}`)!);
    folder().delete(`abc.0.${end}`);
  }
  const file = open();
  for (const step of [20, 30]) await file.write(await stored(step));
  expect([...folder().keys()].sort()).toEqual(
    ["0.json", "0.safetensors", "1.json", "1.safetensors"].map((n) => `abc.${n}`),
  );
  expect((await open().saved())?.step).toBe(30);
  const newest = folder().get("abc.1.safetensors")!;
  const last = newest.length - 1;
  newest[last] = (newest[last] ?? 0) ^ 1;
  const again = open();
  expect(await again.load()).toEqual(await stored(20));
  expect(errors).toEqual([
    expect.stringMatching(
      /^A checkpoint of the paused recovery is damaged, so the other one is used\. checkpoint: sha256: .*set aside as damaged/,
    ),
  ]);
  // the damaged one is replaced, not the good one
  await again.write(await stored(40));
  expect((await open().saved())?.step).toBe(40);
  expect([...folder().keys()]).toContain("abc.0.safetensors");
  await again.remove();
  expect([...folder().keys()]).toEqual([]);
});
