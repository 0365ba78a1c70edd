// When a device counts as stopped.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AnswerWatch } from "./answerWatch.ts";
import { countingDevice } from "./countingDevice.ts";

const MINUTE = 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watched(software: boolean) {
  const device = countingDevice(() => undefined);
  const ends: (() => void)[] = [];
  device.queue.onSubmittedWorkDone = () => new Promise((resolve) => ends.push(() => resolve(undefined)));
  const abandon = vi.fn<(reason: string) => void>();
  const watch = new AnswerWatch({ device, facts: { software }, abandon });
  return { watch, ends, abandon };
}

test("a queue may take longer than any answer, as long as its submits end one after another", async () => {
  const { watch, ends, abandon } = watched(true);
  for (let i = 0; i < 3; i++) watch.submit({} as GPUCommandBuffer);
  watch.begin();
  for (const end of ends) {
    await vi.advanceTimersByTimeAsync(9 * MINUTE);
    end();
  }
  await vi.advanceTimersByTimeAsync(9 * MINUTE);
  expect(abandon).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(MINUTE);
  expect(abandon).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("10 minutes"));
});

test.each([true, false])(
  "one that finishes nothing is given up, unless the wait has ended: software %s",
  async (software) => {
    const { watch, ends, abandon } = watched(software);
    watch.submit({} as GPUCommandBuffer);
    expect(ends).toHaveLength(software ? 1 : 0);
    const end = watch.begin();
    await vi.advanceTimersByTimeAsync(9 * MINUTE);
    end();
    await vi.advanceTimersByTimeAsync(20 * MINUTE);
    expect(abandon).not.toHaveBeenCalled();
    watch.begin();
    await vi.advanceTimersByTimeAsync(10 * MINUTE);
    expect(abandon).toHaveBeenCalledOnce();
  },
);
