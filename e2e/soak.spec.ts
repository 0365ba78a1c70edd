// The short form of npm run soak: GPU memory and storage stay flat over slider moves while a run trains.
import { expect, test } from "@playwright/test";
import { SCENARIOS } from "../bench/soak/scenarios.ts";
import { soak } from "../bench/soak/soak.ts";
import { grown, growthOf } from "../bench/soak/verdict.ts";

test("GPU memory and storage stay flat over 80 slider moves while a run trains", async ({ browser, baseURL }) => {
  const { slider } = SCENARIOS;
  const { figures } = await soak(browser, slider, { address: baseURL ?? "", rounds: slider.rounds.short });
  // heaps settle over many more rounds, and each architecture has some uniforms more or fewer
  const compared = ["gpuBytes", "indexedDb", "opfs"];
  const growth = growthOf(figures, slider.warmUp).filter(({ figure }) => compared.includes(figure));
  expect(grown(growth)).toEqual([]);
});
