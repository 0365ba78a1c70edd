// The short form of npm run soak: GPU memory and storage stay flat over slider moves in a training, and over models in a row.
import { expect, test } from "@playwright/test";
import { SCENARIOS } from "../bench/soak/scenarios.ts";
import { soak } from "../bench/soak/soak.ts";
import { grown, growthOf } from "../bench/soak/verdict.ts";

for (const name of ["slider", "models"] as const) {
  const { title, rounds, warmUp } = SCENARIOS[name];
  test(`GPU memory and storage stay flat: ${title}`, async ({ browser, baseURL }) => {
    const given = { address: baseURL ?? "", rounds: rounds.short };
    const { figures } = await soak(browser, SCENARIOS[name], given);
    // heaps settle over many more rounds
    const growth = growthOf(figures, warmUp).filter(({ figure }) => !figure.endsWith("Heap"));
    expect(grown(growth)).toEqual([]);
  });
}
