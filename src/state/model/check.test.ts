// The check of the adapter: its phases, its result, and a cancel, which is no error.
import { expect, test } from "vitest";
import { EngineError } from "../../engine/index.ts";
import { bench, CHECKED } from "../client.fixture.ts";

test("a check ends with its result", async () => {
  const { store, sent } = bench();
  const checking = store.getState().selfCheck(true);
  expect(store.getState().check.phase).toBe("checking");
  await checking;
  expect(store.getState().check).toEqual({ phase: "checked", result: CHECKED });
  expect(sent).toContainEqual({ type: "selfCheck", measure: true });
});

test("a cancelled check is not an error, a failed one is", async () => {
  const codes = ["cancelled", "out-of-memory"] as const;
  const phases = codes.map(async (code) => {
    const { store } = bench({ selfCheck: () => Promise.reject(new EngineError(code, "stopped")) });
    await store.getState().selfCheck(false);
    return store.getState().check.phase;
  });
  expect(await Promise.all(phases)).toEqual(["none", "failed"]);
});
