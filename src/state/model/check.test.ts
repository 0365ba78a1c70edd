// The self-check: its phases, its result, and a cancel, which is no error.
import { expect, test } from "vitest";
import { EngineError } from "../../engine/index.ts";
import { bench } from "../client.fixture.ts";

test("a check ends with its result", async () => {
  const { store, types } = bench();
  const checking = store.getState().selfCheck();
  expect(store.getState().check.phase).toBe("checking");
  await checking;
  expect(store.getState().check).toEqual({ phase: "checked", result: { checks: 3, failed: [], seconds: 1 } });
  expect(types()).toContain("selfCheck");
});

test("a cancelled check is not an error, a failed one is", async () => {
  const codes = ["cancelled", "out-of-memory"] as const;
  const phases = codes.map(async (code) => {
    const { store } = bench({ selfCheck: () => Promise.reject(new EngineError(code, "stopped")) });
    await store.getState().selfCheck();
    return store.getState().check.phase;
  });
  expect(await Promise.all(phases)).toEqual(["none", "failed"]);
});
