// The fingerprint of a run is of its model and masks alone, and its line has the widths.
import { expect, it } from "vitest";
import { readRuns, runJson } from "../../engine/index.ts";
import { gatesRun, weightsRun } from "../../state/runs/savedRuns.fixture.ts";
import { fingerprintLine, masksSha256, shortHash } from "./runFingerprint.ts";
import { matching } from "./runViews.ts";

const masks = { kind: "gates", sizes: [4, 4, 4, 8, 4], masks: ["Aw==", "Aw==", "Aw==", "/w==", "AQ=="] } as const;
const run = { ...gatesRun("a"), masks };

it("is equal for equal masks, also after a file, and differs by one gate", async () => {
  const hash = await masksSha256(masks);
  const [read] = readRuns(JSON.stringify(runJson(run)), "runs.json");
  expect(read && (await masksSha256(read.masks))).toBe(hash);
  expect(await masksSha256({ ...masks, masks: ["AQ==", ...masks.masks.slice(1)] })).not.toBe(hash);
  expect(shortHash("b0f259f7357c327e", hash)).toBe(`b0f259f7-${hash.slice(0, 8)}`);
});

it("has name, widths and perplexity in its line", async () => {
  const hash = await masksSha256(masks);
  expect(await fingerprintLine(run)).toBe(
    `f-${hash.slice(0, 8)} tiny, run a; mean widths s1 2/4 s2 2/4 s3 2/4 s4 8/8 s5 1/4; perplexity 27.00`,
  );
  expect(await fingerprintLine(weightsRun("w"))).toContain("; 50.0 % of the masked weights; ");
});

it("is found by the search", () => {
  const runs = [gatesRun("a").record, gatesRun("b").record];
  const hashes = new Map([["b", "f-12345678"]]);
  expect(matching(runs, "F-1234 tiny", hashes).map(({ id }) => id)).toEqual(["b"]);
});
