// What is stored is listed by kind with its size, and what a tab uses is not removed.
import { beforeEach, expect, it } from "vitest";
import { claim, heldLocks, hold } from "./claims.ts";
import { removeStored, storageReport } from "./inventory.ts";
import { memoryOpfs } from "./opfs.fixture.ts";
import { writeFile } from "./opfs.ts";

const FINGERPRINT = "ab12";
const RUN = `${FINGERPRINT}.run-1`;
const put = (path: string, bytes: number): Promise<File> => writeFile(path, [new Uint8Array(bytes)]);

beforeEach(async () => {
  memoryOpfs();
  await put(`checkpoints/${RUN}.0.safetensors`, 10);
  await put(`checkpoints/${RUN}.1.safetensors`, 12);
  await put(`checkpoints/${FINGERPRINT}.run-2.0.safetensors`, 7);
  await put(`recoveries/${FINGERPRINT}.0.json`, 3);
  await put(`recoveries/${FINGERPRINT}.0.safetensors`, 4);
  await put("exports/tab/1/masked/model.safetensors", 100);
  await put("matmul/a", 1);
  await put("matmul/b", 1);
  await put("damaged/x.safetensors", 5);
  await put("damaged/x.safetensors.txt", 2);
  await put("models/0123/model.safetensors", 50);
});

const listed = async () => {
  const { items } = await storageReport();
  return items.map(({ kind, id, bytes, usedBy }) => [kind, id, bytes, usedBy]);
};

it("lists every kind, and files of one thing as one", async () => {
  expect(await listed()).toEqual([
    ["model", "0123", 50, null],
    ["checkpoint", RUN, 22, null],
    ["checkpoint", `${FINGERPRINT}.run-2`, 7, null],
    ["recovery", FINGERPRINT, 7, null],
    ["export", "tab", 100, null],
    ["kernels", "all", 2, null],
    ["damaged", "x.safetensors", 7, null],
  ]);
  const { stores, usedBytes, quotaBytes, persisted } = await storageReport();
  expect({ stores, usedBytes, quotaBytes, persisted }).toEqual({
    ...{ stores: true, usedBytes: 5, quotaBytes: 100, persisted: false },
  });
});

it("removes what is asked for, and keeps what is in use", async () => {
  const release = await claim(`checkpoints/${RUN}`);
  await hold("models/0123");
  expect((await listed()).filter(([, , , usedBy]) => usedBy !== null).map(([kind]) => kind)).toEqual([
    ...["model", "checkpoint"],
  ]);
  const ids = [RUN, `${FINGERPRINT}.run-2`, "gone"];
  expect(await removeStored("checkpoint", ids)).toEqual({ freedBytes: 7, inUse: 1 });
  expect(await removeStored("model", ["0123"])).toEqual({ freedBytes: 0, inUse: 1 });
  release?.();
  expect(await removeStored("checkpoint", ids)).toEqual({ freedBytes: 22, inUse: 0 });
  expect(await removeStored("damaged", ["x.safetensors"])).toEqual({ freedBytes: 7, inUse: 0 });
  expect((await listed()).map(([kind]) => kind)).toEqual(["model", "recovery", "export", "kernels"]);
});

it("tells its own locks from those of other tabs", async () => {
  const { locks } = navigator;
  let probe = "";
  const request = (name: string, _options: object, work: () => Promise<unknown>): Promise<unknown> => {
    probe = name;
    return work();
  };
  const query = () =>
    Promise.resolve({
      held: [
        { name: probe, clientId: "a" },
        { name: "x", clientId: "a" },
        { name: "y", clientId: "b" },
      ],
    });
  Object.assign(locks, { request, query });
  const { here, elsewhere } = await heldLocks();
  expect([here.has("x"), here.has("y"), elsewhere.has("x"), elsewhere.has("y")]).toEqual([true, false, false, true]);
});

it("says where no files are stored", async () => {
  Object.assign(navigator.storage, { getDirectory: () => Promise.reject(new DOMException("off", "SecurityError")) });
  expect(await storageReport()).toMatchObject({ items: [], stores: false });
});
