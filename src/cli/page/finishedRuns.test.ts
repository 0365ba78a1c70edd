// Finished runs of an interrupted comparison belong to its model and its texts.
import { expect, test } from "vitest";
import { gateRun } from "../../engine/formats/runs/runs.fixture.ts";
import { runJson } from "../../engine/formats/runs/runRecord.ts";
import { sha256 } from "../../engine/index.ts";
import type { PlannedRun } from "../compare/methods.ts";
import { readFinished } from "./finishedRuns.ts";

const TEXT = { name: "t.txt", content: "words" };
const PLANNED = {} as PlannedRun;

/** Reads one finished run back with a model of this fingerprint and dense perplexity. */
async function read({
  fingerprint,
  dense,
  evaluation = TEXT,
}: {
  fingerprint?: string;
  dense: number;
  evaluation?: typeof TEXT;
}) {
  const { record, masks } = gateRun("a");
  const ref = { name: TEXT.name, sha256: await sha256(new TextEncoder().encode(TEXT.content)) };
  const perplexity = { ...record.perplexity, text: ref, dense: 20 };
  const run = runJson({ record: { ...record, calibration: ref, perplexity }, masks });
  const opened = { fingerprint: fingerprint ?? record.model.fingerprint } as Parameters<
    typeof readFinished
  >[0]["opened"];
  return readFinished({ opened, dense }, { runs: [PLANNED], finished: [run], text: TEXT, evaluation });
}

test("are taken where model and texts are the same", async () => {
  expect((await read({ dense: 20.0001 })).get(PLANNED)?.record.id).toBe("a");
});

test.each([
  [{ fingerprint: "0".repeat(16), dense: 20 }, "--model"],
  // another checkpoint of the same training
  [{ dense: 20.5 }, "--model"],
  [{ dense: 20, evaluation: { ...TEXT, content: "other words" } }, "--eval"],
])("are refused by name: %o", async (given, option) => {
  await expect(read(given)).rejects.toThrow(`--resume: ${option}: expected`);
});
