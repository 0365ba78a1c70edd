// The stages of npm test: every part has its place, lanes run beside each other, and a failure starts nothing new.
import { expect, it } from "vitest";
import { runLanes, STAGES } from "./lanes.ts";
import { TEST_PARTS } from "./testArguments.ts";

type Name = "a" | "b" | "c" | "d";
const stages: Name[][][] = [[["a", "b"], ["c"]], [["d"]]];

/** Runs the stages with parts that take `ticks` each, and returns a log of starts and ends. */
async function logOf(
  together: boolean,
  { parts = ["a", "b", "c", "d"], failing }: { parts?: Name[]; failing?: Name } = {},
): Promise<string> {
  const ticks = { a: 2, b: 2, c: 3, d: 1 };
  const log: string[] = [];
  await runLanes<Name, { ok: boolean }>(
    stages,
    async (part, alone) => {
      log.push(alone ? `${part}!` : part);
      for (let i = 0; i < ticks[part]; i++) await Promise.resolve();
      log.push(`/${part}`);
      return { ok: part !== failing };
    },
    { parts, together },
  );
  return log.join(" ");
}

it("names every part once", () => {
  expect(STAGES.flat(2).sort()).toEqual([...TEST_PARTS].sort());
});

it("runs lanes beside each other and stages one after another", async () => {
  expect(await logOf(true)).toBe("a c /a b /c /b d! /d");
  expect(await logOf(false)).toBe("a! /a b! /b c! /c d! /d");
});

it("runs only the named parts, alone where nothing is beside them", async () => {
  expect(await logOf(true, { parts: ["b", "d"] })).toBe("b! /b d! /d");
});

it("starts nothing after a failure and lets running parts finish", async () => {
  expect(await logOf(true, { failing: "a" })).toBe("a c /a /c");
  expect(await logOf(false, { failing: "a" })).toBe("a! /a");
});
