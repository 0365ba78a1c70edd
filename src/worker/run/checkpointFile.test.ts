// Checkpoints: one tab owns a run, damaged ones are never loaded and never deleted, and what cannot be stored stays in memory.
import { expect, test } from "vitest";
import type { Checkpoint } from "../../engine/index.ts";
import { DEFAULT_RECIPE } from "../../engine/recipes/recipe.ts";
import { memoryOpfs } from "../storage/opfs.fixture.ts";
import { CheckpointFiles } from "./checkpointFile.ts";

const checkpoint: Checkpoint = {
  ...{ recipe: DEFAULT_RECIPE, step: 5, targets: [], subject: "abc text" },
  ...{ theta: Float32Array.of(1, 2), m: Float32Array.of(0, 0), v: Float32Array.of(0, 1) },
};

/** A tab with a run of the model "abc". */
async function tabWith(...checkpoints: readonly Checkpoint[]): Promise<CheckpointFiles> {
  const files = new CheckpointFiles();
  files.begin("abc");
  for (const one of checkpoints) await files.write(one);
  return files;
}

const stepOf = async (files: CheckpointFiles): Promise<number | undefined> =>
  (await files.find("abc")).checkpoint?.step;

type Root = ReturnType<typeof memoryOpfs>;
const namesIn = (root: Root, folder: string): string[] => [...((root.get(folder) as Root | undefined)?.keys() ?? [])];

/** Changes the bytes of the run's files, the newest first. */
function change(root: Root, by: (bytes: Uint8Array<ArrayBuffer>, at: number) => Uint8Array<ArrayBuffer>): void {
  const entries = root.get("checkpoints") as Map<string, Uint8Array<ArrayBuffer>>;
  [...entries].reverse().forEach(([name, bytes], at) => entries.set(name, by(bytes, at)));
}

/** Closes a tab: its locks are free again. */
const closeTab = (files: CheckpointFiles): Promise<unknown> => files.find("another model");

test("a checkpoint is read again, and removed on request", async () => {
  const root = memoryOpfs();
  const files = await tabWith(checkpoint, { ...checkpoint, step: 10 });
  expect(await files.find("abc")).toEqual({ checkpoint: { ...checkpoint, step: 10 }, elsewhere: [], errors: [] });
  await files.remove();
  expect(await files.find("abc")).toEqual({ elsewhere: [], errors: [] });
  expect(namesIn(root, "checkpoints")).toEqual([]);
});

test("one tab owns a run: another one sees it, and neither offers, replaces nor removes it", async () => {
  memoryOpfs();
  const first = await tabWith(checkpoint);
  const second = new CheckpointFiles();
  const elsewhere = [{ step: 5, steps: DEFAULT_RECIPE.steps, seed: DEFAULT_RECIPE.seed }];
  expect(await second.find("abc")).toEqual({ elsewhere, errors: [] });
  await second.remove();
  expect(await stepOf(first)).toBe(5);
  second.begin("abc");
  await second.write({ ...checkpoint, step: 7 });
  await first.write({ ...checkpoint, step: 10 });
  expect([await stepOf(first), await stepOf(second)]).toEqual([10, 7]);
  await second.remove();
  expect(await stepOf(first)).toBe(10);
});

test("a run whose tab is gone is offered to the first tab that looks, and belongs to it", async () => {
  memoryOpfs();
  await closeTab(await tabWith(checkpoint));
  const [second, third] = [new CheckpointFiles(), new CheckpointFiles()];
  expect([await stepOf(second), await stepOf(third)]).toEqual([5, undefined]);
});

test("a new run replaces the one that was offered, once it has a checkpoint", async () => {
  const root = memoryOpfs();
  const files = await tabWith({ ...checkpoint, step: 20 });
  files.begin("abc");
  expect(namesIn(root, "checkpoints")).toHaveLength(1);
  await files.write(checkpoint);
  expect(namesIn(root, "checkpoints")).toHaveLength(1);
  expect(await stepOf(files)).toBe(5);
});

test("the file of an older version is offered", async () => {
  const root = memoryOpfs();
  await tabWith(checkpoint);
  const [bytes] = (root.get("checkpoints") as Map<string, Uint8Array<ArrayBuffer>>).values();
  const older = memoryOpfs();
  older.set("checkpoints", new Map(bytes ? [["abc.safetensors", bytes]] : []));
  const files = new CheckpointFiles();
  expect(await stepOf(files)).toBe(5);
  await files.write({ ...checkpoint, step: 6 });
  await files.remove();
  expect(namesIn(older, "checkpoints")).toEqual([]);
});

test.each([
  ["moved", true, { step: -3 }, /step: expected a whole number from 0 to 600/],
  ["copied", false, { v: Float32Array.of(0, -1) }, /v: expected finite values of at least 0, got -1 at position 1/],
])("a damaged one is %s aside, bytes and reason", async (_, moves, part, reason) => {
  const root = memoryOpfs(moves);
  const files = await tabWith({ ...checkpoint, ...part });
  const [bytes] = [...(root.get("checkpoints") as Map<string, Uint8Array>).values()];
  const { checkpoint: offered, errors } = await files.find("abc");
  expect([offered, errors.length]).toEqual([undefined, 1]);
  expect(errors[0]?.message).toMatch(reason);
  expect(namesIn(root, "checkpoints")).toEqual([]);
  const aside = root.get("damaged") as Map<string, Uint8Array>;
  const [name = "", text = ""] = [...aside.keys()];
  expect(name).toMatch(/^2.*-checkpoints-abc\..*\.safetensors$/);
  expect(text).toBe(`${name}.txt`);
  expect(aside.get(name)).toEqual(bytes);
  expect(new TextDecoder().decode(aside.get(text))).toMatch(reason);
  expect(await files.find("abc")).toEqual({ elsewhere: [], errors: [] });
});

test("the error says what cannot be done, why, and where the file is", async () => {
  memoryOpfs();
  const [error] = (await (await tabWith({ ...checkpoint, step: NaN })).find("abc")).errors;
  expect(error?.message).toMatch(
    /^The last run cannot be resumed\. checkpoint: step: .*got "NaN"\. Start a new run\. The file was set aside as damaged\//,
  );
});

test.each([
  ["cut short", (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, -5)],
  ["of zeros", (bytes: Uint8Array<ArrayBuffer>) => new Uint8Array(bytes.length)],
  [
    "with a flipped bit",
    (bytes: Uint8Array<ArrayBuffer>) => bytes.map((byte, at) => (at === bytes.length - 2 ? byte ^ 1 : byte)),
  ],
])("where the newest one is %s, the one before is used, and is not overwritten next", async (_, damage) => {
  const root = memoryOpfs();
  const files = await tabWith(checkpoint, { ...checkpoint, step: 10 });
  change(root, (bytes, at) => (at === 0 ? damage(bytes) : bytes));
  const { checkpoint: offered, errors } = await files.find("abc");
  expect(offered).toEqual(checkpoint);
  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^The last checkpoint is damaged, so the one before is used\. .* set aside as damaged\//),
  ]);
});

test("where nothing can be stored, the last checkpoint is in memory until one is stored", async () => {
  const root = memoryOpfs();
  const files = await tabWith(checkpoint);
  const { getDirectory } = navigator.storage;
  navigator.storage.getDirectory = () => Promise.reject(new DOMException("denied", "SecurityError"));
  await expect(files.write({ ...checkpoint, step: 10 })).rejects.toMatchObject({ code: "storage" });
  expect(await stepOf(files)).toBe(10);
  navigator.storage.getDirectory = getDirectory;
  expect(await stepOf(files)).toBe(10);
  await files.write({ ...checkpoint, step: 15 });
  expect(await stepOf(files)).toBe(15);
  expect(namesIn(root, "checkpoints")).toHaveLength(2);
});
