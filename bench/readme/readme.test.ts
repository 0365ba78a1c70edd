// bench/README.md and the files that it is rendered from.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Peers } from "./measured.ts";
import { peersSection } from "./peersSection.ts";
import { README, renderReadme } from "./readme.ts";

test("bench/README.md is what the committed figures give", () => {
  expect(renderReadme()).toBe(readFileSync(README, "utf8"));
});

test("losses as well as wins are shown, and a program that disagrees has numbers instead of a time", () => {
  const spread = (median: number) => ({ median, min: median, max: median });
  const agreement = { steps: 20, largestDifference: 1e-6, agrees: true };
  const first = { step: 3, ours: 3.5, theirs: 3.6 };
  const peers: Peers = {
    ...{ measured: "2026-01-02", machine: { cpu: "a CPU", cores: 2, host: "a host" }, load: { before: 0.5, after: 2 } },
    ...{ adapter: "an adapter", software: true, matmul: "quad", model: "tiny", rounds: 5, tolerance: 1e-3 },
    programs: [
      { name: "Espalier", version: "0.1.0", device: "an adapter" },
      { name: "slow", version: "2", device: "an adapter" },
      { name: "fast", version: "3", device: "CPU" },
      { name: "wrong", version: "4", device: "an adapter" },
      { name: "absent", error: "no backend" },
    ],
    steps: [
      {
        tokens: 64,
        times: [
          { name: "Espalier", ms: spread(100), firstStepMs: 1500 },
          { name: "slow", ms: spread(250), firstStepMs: 3000, agreement },
          { name: "fast", ms: spread(50), firstStepMs: 60, agreement },
          { name: "wrong", firstStepMs: 1, agreement: { ...agreement, largestDifference: 0.03, agrees: false, first } },
        ],
      },
    ],
  };
  const page = peersSection(peers);
  expect(page).toContain("| slow 2 | an adapter | 20 | 1.0e-6 | 3.0 | 250 (250 to 250) | 2.5 times as fast |");
  expect(page).toContain("| fast 3 | CPU | 20 | 1.0e-6 | 0.1 | 50 (50 to 50) | 2.0 times as slow |");
  expect(page).toContain("disagrees: loss of step 3 is 3.60000, ours 3.50000 |  |");
  expect(page).toContain("absent did not run: no backend");
  expect(page).not.toContain("busy");
  const busy = peersSection({ ...peers, load: { before: 3, after: 4 } });
  expect(busy).toContain("The machine was busy");
  expect(busy).toContain("250 (250 to 250) |  |");
});
