// The list of what is stored: read anew after each removal, which says what it freed; an error is kept for the page.
import { expect, it } from "vitest";
import { EngineError } from "../../engine/index.ts";
import { bench } from "../client.fixture.ts";
import { gatesRun } from "../runs/savedRuns.fixture.ts";

it("removes things of a kind, and lists again", async () => {
  const { store, types } = bench({ removeStored: ({ ids }) => ({ freedBytes: 7 * ids.length, inUse: 1 }) });
  await store.getState().loadStorage();
  await store.getState().removeStored("checkpoint", ["a", "b"]);
  expect(types()).toEqual(["storage", "removeStored", "storage"]);
  expect(store.getState().storageRemoval).toEqual({ freedBytes: 14, inUse: 1 });
  await store.getState().removeStored("model", ["m"]);
  // the library lists models too
  expect(types().slice(-2)).toEqual(["storage", "library"]);
});

it("reads the sizes of saved runs", async () => {
  const { store } = bench();
  const { record } = gatesRun("a");
  store.setState({ runs: [record], readRun: () => Promise.resolve(gatesRun("a")) });
  await store.getState().loadStorage();
  expect(store.getState().runBytes["a"]).toBeGreaterThan(100);
});

it("keeps an error, until the next removal", async () => {
  let fails = true;
  const { store } = bench({
    storage() {
      if (fails) throw new EngineError("storage", "off");
      return { items: [], stores: true, usedBytes: null, quotaBytes: null, persisted: false };
    },
  });
  await store.getState().loadStorage();
  expect(store.getState().storageError?.message).toBe("off");
  fails = false;
  await store.getState().loadStorage();
  expect(store.getState()).toMatchObject({ storageError: null, storage: { stores: true } });
});
