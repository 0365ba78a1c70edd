// A loop of steps keeps the queue short, and does not end before its steps do.
import { expect, test } from "vitest";
import { stepsAhead } from "./stepsAhead.ts";

/** A GPU whose steps end when the test says so. */
function heldGpu() {
  const steps: { finish: () => void; fail: (error: Error) => void }[] = [];
  const idle = (): Promise<void> => new Promise((finish, fail) => void steps.push({ finish, fail }));
  return { idle, steps };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test("the second step is submitted while the first runs, the third when it has ended", async () => {
  const gpu = heldGpu();
  let ended = false;
  const all = stepsAhead(gpu, async (submitted) => {
    for (let step = 0; step < 3; step++) await submitted();
  }).then(() => (ended = true));
  await turn();
  expect(gpu.steps).toHaveLength(2);
  gpu.steps[0]?.finish();
  await turn();
  expect(gpu.steps).toHaveLength(3);
  gpu.steps[1]?.finish();
  await turn();
  expect(ended).toBe(false);
  gpu.steps[2]?.finish();
  await all;
  expect(ended).toBe(true);
});

test("an error of the loop is thrown after the steps in the queue have ended", async () => {
  const gpu = heldGpu();
  let thrown: unknown;
  const all = stepsAhead(gpu, async (submitted) => {
    await submitted();
    throw new Error("stopped");
  }).catch((error: unknown) => (thrown = error));
  await turn();
  expect(thrown).toBeUndefined();
  gpu.steps[0]?.finish();
  await all;
  expect(thrown).toEqual(new Error("stopped"));
});

test("an error of the GPU ends the loop", async () => {
  const gpu = heldGpu();
  let steps = 0;
  const all = stepsAhead(gpu, async (submitted) => {
    for (; steps < 10; steps++) await submitted();
  });
  await turn();
  gpu.steps[0]?.fail(new Error("lost"));
  gpu.steps[1]?.finish();
  await expect(all).rejects.toThrow("lost");
  expect(steps).toBe(1);
});
