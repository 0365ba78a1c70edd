// Which losses agree, and in what order programs are timed.
import { describe, expect, it } from "vitest";
import { agreementOf, compareSteps } from "./compare.ts";
import type { Program } from "./program.ts";

describe("agreementOf", () => {
  it("takes differences up to 1e-3 of a loss", () => {
    expect(agreementOf([2, 4], [2.0019, 4])).toMatchObject({ steps: 2, agrees: true });
    const { agrees, first, largestDifference } = agreementOf([2, 4, 3], [2, 4.01, 3.3]);
    expect([agrees, first]).toEqual([false, { step: 1, ours: 4, theirs: 4.01 }]);
    expect(largestDifference).toBeCloseTo(0.1, 10);
  });

  it("refuses a loss that is not a number, and an empty list", () => {
    expect(agreementOf([2, 3], [2, NaN])).toMatchObject({ agrees: false, first: { step: 1 } });
    expect(agreementOf([2], []).agrees).toBe(false);
  });
});

describe("compareSteps", () => {
  const calls: string[] = [];
  /** Its losses are `scale` times 3, 2.99, ...; a step takes `ms`. */
  const program = (name: string, ms: number, scale = 1, failsAt = Infinity): Program => {
    let done = 0;
    return {
      ...{ name, version: "1", device: "none" },
      start: () => Promise.resolve(),
      steps: (count) => {
        calls.push(`${name} ${count}`);
        const losses = Array.from({ length: count }, () => scale * (3 - 0.01 * done++));
        return done > failsAt ? Promise.reject(new Error("it broke")) : Promise.resolve({ losses, ms: count * ms });
      },
      close: () => undefined,
    };
  };
  const options = { tokens: 8, rounds: 2, checked: 4, log: () => undefined };

  it("times the programs that agree in turns, and gives the others no time", async () => {
    calls.length = 0;
    const programs = [program("ours", 100), program("same", 250, 1.0001), program("other", 1, 1.1)];
    const [ours, same, other] = await compareSteps(programs, options);
    expect(ours).toMatchObject({ ms: { median: 100 }, stepsPerRound: 5, firstStepMs: 100 });
    expect(same).toMatchObject({ ms: { median: 250 }, stepsPerRound: 2, agreement: { steps: 8, agrees: true } });
    expect(other?.ms).toBeUndefined();
    expect(other?.agreement).toMatchObject({ agrees: false, first: { step: 0, ours: 3 } });
    expect(calls.slice(6)).toEqual(["ours 5", "same 2", "ours 5", "same 2"]);
  });

  it("stops a program that takes longer than its time, and continues with the others", async () => {
    let closed = 0;
    const waiting: Program = {
      ...program("waiting", 1),
      steps: () => new Promise(() => undefined),
      close: () => closed++,
    };
    const some = [program("ours", 400), waiting, program("same", 400)];
    const [ours, stopped, same] = await compareSteps(some, { ...options, limitSeconds: 0.05 });
    expect(stopped).toEqual({ name: "waiting", error: "stopped after 0.05 s" });
    expect([closed, ours?.ms?.median, same?.ms?.median]).toEqual([1, 400, 400]);
  });

  it("compares nothing if the first program fails", async () => {
    const broken = compareSteps([program("ours", 400, 1, 1), program("same", 400)], options);
    await expect(broken).rejects.toThrow("the first program has no losses to compare with: it broke");
  });

  it("reports a program that fails and continues with the others", async () => {
    const [ours, broken] = await compareSteps([program("ours", 400), program("broken", 400, 1, 5)], options);
    expect(ours?.ms?.median).toBe(400);
    expect(broken).toMatchObject({ error: "it broke" });
    expect(broken?.ms).toBeUndefined();
  });
});
