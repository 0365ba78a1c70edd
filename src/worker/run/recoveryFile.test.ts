// A stored recovery belongs to one tab.
import { expect, test } from "vitest";
import { Claims } from "../storage/claims.ts";
import { memoryOpfs } from "../storage/opfs.fixture.ts";
import { RecoveryFile } from "./recoveryFile.ts";

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
  const file = new RecoveryFile({ fingerprint: "abc" }, second);
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
