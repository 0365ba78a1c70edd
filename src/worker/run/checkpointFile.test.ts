// A damaged checkpoint is never loaded and never deleted: it is set aside with its reason.
import { expect, test } from "vitest";
import { DEFAULT_RECIPE } from "../../engine/recipes/recipe.ts";
import { memoryOpfs } from "../storage/opfs.fixture.ts";
import { CheckpointFile } from "./checkpointFile.ts";

const opened = { fingerprint: "abc" };
const checkpoint = {
  ...{ recipe: DEFAULT_RECIPE, step: 5, targets: [], subject: "abc text" },
  ...{ theta: Float32Array.of(1, 2), m: Float32Array.of(0, 0), v: Float32Array.of(0, 1) },
};

test("a checkpoint is read again, and removed on request", async () => {
  memoryOpfs();
  const file = new CheckpointFile(opened);
  expect(await file.read()).toBeUndefined();
  await file.write(checkpoint);
  expect(await file.read()).toEqual(checkpoint);
  await file.remove();
  expect(await file.read()).toBeUndefined();
});

test.each([
  ["moved", true, { step: -3 }, /step: expected a whole number from 0 to 600/],
  ["copied", false, { v: Float32Array.of(0, -1) }, /v: expected finite values of at least 0, got -1 at position 1/],
])("a damaged one is %s aside, bytes and reason", async (_, moves, change, reason) => {
  const root = memoryOpfs(moves);
  const file = new CheckpointFile(opened);
  await file.write({ ...checkpoint, ...change });
  const entries = root.get("checkpoints") as Map<string, Uint8Array>;
  const bytes = entries.get("abc.safetensors");
  await expect(file.read()).rejects.toThrow(reason);
  expect([...entries.keys()]).toEqual([]);
  const aside = root.get("damaged") as Map<string, Uint8Array>;
  const [name = "", text = ""] = [...aside.keys()];
  expect(name).toMatch(/^2.*-checkpoints-abc\.safetensors$/);
  expect(text).toBe(`${name}.txt`);
  expect(aside.get(name)).toEqual(bytes);
  expect(new TextDecoder().decode(aside.get(text))).toMatch(reason);
  expect(await file.read()).toBeUndefined();
});

test("the error says what cannot be done, why, and where the file is", async () => {
  memoryOpfs();
  const file = new CheckpointFile(opened);
  await file.write({ ...checkpoint, step: NaN });
  await expect(file.read()).rejects.toThrow(
    /^The last run cannot be resumed\. checkpoint: step: .*got "NaN"\. Start a new run\. The file was set aside as damaged\//,
  );
});
