// @vitest-environment happy-dom
// The storage dialog says what is not kept, asks before what cannot be undone, and offers no removal of what a tab uses.
import { createElement } from "react";
import { expect, it } from "vitest";
import { bench, type Script } from "../../../state/client.fixture.ts";
import type { StoredItem } from "../../../worker/protocol.ts";
import { rendered } from "../../render.fixture.ts";
import { StorageDialog } from "./StorageDialog.tsx";

const ROOM = { stores: true, usedBytes: 5e6, quotaBytes: 1e9, persisted: false };
const item = (patch: Partial<StoredItem>): StoredItem => ({
  ...{ kind: "checkpoint", id: "ab12cd34ef.x", name: null, bytes: 1000, changed: null, usedBy: null },
  ...patch,
});

async function dialog(script: Script) {
  const studio = bench(script);
  studio.store.getState().showDialog("storage");
  const page = await rendered(createElement(StorageDialog), studio);
  await page.settle();
  return { page, studio };
}

it("says what is not kept where the browser stores no files", async () => {
  const { page } = await dialog({
    storage: () => ({ ...ROOM, items: [], stores: false, usedBytes: null, quotaBytes: null }),
  });
  expect(page.get("storage-missing").textContent).toContain("a run cannot be continued after a reload");
  expect(page.find("storage-keep")).toBeNull();
  expect(page.find("storage-used")).toBeNull();
});

it("names the model, asks, and removes all of a kind that no tab uses", async () => {
  const items = [item({}), item({ id: "ab12cd34ef.y", usedBy: "another tab" })];
  const { page, studio } = await dialog({ storage: () => ({ ...ROOM, items }) });
  expect(page.get("storage-used").textContent).toMatch(/^5\.00 MB of 1\.00 GB/);
  expect(page.get("stored-checkpoint").textContent).toContain("Run of model ab12cd34");
  expect(page.get("stored-checkpoint").textContent).toContain("in use by another tab");
  await page.press("stored-remove-all");
  expect(page.get("stored-checkpoint").textContent).toContain("That run cannot be continued afterwards.");
  expect(studio.types()).not.toContain("removeStored");
  await page.press("stored-confirm");
  expect(studio.sent).toContainEqual({ type: "removeStored", kind: "checkpoint", ids: ["ab12cd34ef.x"] });
  expect(page.get("storage-removed").textContent).toBe("0 B freed.");
});

it("says that the storage is kept", async () => {
  const { page } = await dialog({ storage: () => ({ ...ROOM, items: [], persisted: true }) });
  expect(page.get("storage-kept").textContent).toContain("Kept");
});
