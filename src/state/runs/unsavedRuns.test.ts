// A run that the browser cannot store is not lost: it is listed, read and exported, and stored when that works again.
import { expect, test } from "vitest";
import { EngineError, type Run } from "../../engine/index.ts";
import { gatesRun } from "./savedRuns.fixture.ts";
import { memoryRunStore } from "./runStore.ts";
import { keepingUnsaved } from "./unsavedRuns.ts";

function stores(): {
  kept: ReturnType<typeof keepingUnsaved>;
  full: { yes: boolean };
  ids: string[][];
  stored: string[];
} {
  const browser = memoryRunStore();
  const full = { yes: true };
  const stored: string[] = [];
  const ids: string[][] = [];
  const put = (runs: readonly Run[]): Promise<void> => {
    if (full.yes) return Promise.reject(new EngineError("storage", "Storing runs failed (QuotaExceededError)."));
    stored.push(...runs.map(({ record }) => record.id));
    return browser.put(runs);
  };
  const kept = keepingUnsaved({ ...browser, put }, (now) => void ids.push([...now]));
  return { kept, full, ids, stored };
}

test("a full browser keeps the run in this tab, until it is stored", async () => {
  const { kept, full, ids, stored } = stores();
  const run = gatesRun("a");
  await expect(kept.put([run])).rejects.toThrow(
    "Storing runs failed (QuotaExceededError). It is in this tab only: try again, or export it as JSON.",
  );
  expect((await kept.records()).records.map(({ id }) => id)).toEqual(["a"]);
  expect(await kept.masks("a")).toEqual(run.masks);
  await kept.putRecord({ ...run.record, name: "renamed" });
  await expect(kept.saveAgain()).rejects.toMatchObject({ code: "storage" });
  full.yes = false;
  await kept.saveAgain();
  expect([stored, ids.at(-1)]).toEqual([["a"], []]);
  expect((await kept.records()).records.map(({ name }) => name)).toEqual(["renamed"]);
});

test("an unsaved run can be removed", async () => {
  const { kept, ids } = stores();
  await kept.put([gatesRun("a")]).catch(() => undefined);
  await kept.remove("a");
  expect(ids).toEqual([["a"], []]);
  expect((await kept.records()).records).toEqual([]);
});
