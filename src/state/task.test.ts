// Long tasks: what the state shows of them, and what happens to a result that is not needed any more.
import { describe, expect, it } from "vitest";
import { EngineError } from "../engine/index.ts";
import type { Task } from "../worker/protocol.ts";
import { CHECKED } from "./client.fixture.ts";
import type { Patch, StudioState } from "./storeState.ts";
import { type LongTask, taskMaker, type TaskOptions } from "./task.ts";

/** A store with the few members that tasks use, and a queue without a worker. */
function made() {
  const log: string[] = [];
  let last: Promise<unknown> = Promise.resolve();
  const state = {
    check: { phase: "none" },
    device: { phase: "ready" },
    report: (error: EngineError) => void log.push(`report ${error.code}`),
    setProgress: (task: Task) => void log.push(`clear ${task}`),
    stopMeasuring: () => void log.push("stop measuring"),
    measureMissing: () => void log.push("measure missing"),
  } as unknown as StudioState;
  const set = (patch: Patch | ((state: StudioState) => Patch)): void =>
    void Object.assign(state, typeof patch === "function" ? patch(state) : patch);
  const turns = {
    turn<T>(work: () => Promise<T>): Promise<T> {
      const done = last.then(work);
      last = done.catch(() => undefined);
      return done;
    },
    cancelTask(task: Task) {
      log.push(`cancel ${task}`);
      return Promise.resolve();
    },
    clearTurns: () => undefined,
  };
  return { log, state, task: taskMaker(turns, set, () => state), turn: turns.turn };
}

const phaseOf = ({ check }: StudioState): string => check.phase;

/** A self-check whose outcome the test decides. */
function checkTask(
  options: Partial<TaskOptions<[], number>> = {},
): ReturnType<typeof made> & { check: LongTask<[], number>; end(value: number): void; fail(error: Error): void } {
  const studio = made();
  let [end, fail]: [(value: number) => void, (error: Error) => void] = [() => undefined, () => undefined];
  const check = studio.task({
    name: "selfCheck",
    isRunning: (state) => state.check.phase === "checking",
    run: () => ({
      begin: { check: { phase: "checking" } },
      work: () => new Promise<number>((resolve, reject) => ([end, fail] = [resolve, reject])),
      done: (checks) => ({ check: { phase: "checked", result: { ...CHECKED, checks } } }),
      cancelled: () => ({ check: { phase: "none" } }),
      failed: (error) => ({ check: { phase: "failed", error } }),
    }),
    ...options,
  });
  return { ...studio, check, end: (value) => end(value), fail: (error) => fail(error) };
}
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("a task", () => {
  it("shows that it runs, then its result, and clears its progress", async () => {
    const { check, end, state, log } = checkTask();
    const done = check.result();
    expect(phaseOf(state)).toBe("checking");
    expect(await check.result()).toBeNull();
    await settle();
    end(5);
    expect(await done).toBe(5);
    expect(state.check).toMatchObject({ phase: "checked", result: { checks: 5 } });
    expect(log).toEqual(["clear selfCheck"]);
  });

  it.each([
    ["cancelled", "none", []],
    ["limit", "failed", []],
    ["device-lost", "none", ["report device-lost"]],
    ["no-webgpu", "failed", ["report no-webgpu"]],
  ] as const)("that ends with %s is shown as %s", async (code, phase, reports) => {
    const { check, fail, state, log } = checkTask({ reports: ["no-webgpu"] });
    const done = check.result();
    await settle();
    fail(new EngineError(code, "no"));
    expect(await done).toBeNull();
    expect(phaseOf(state)).toBe(phase);
    expect(log).toEqual([...reports, "clear selfCheck"]);
  });

  it("that ends with the worker shows no error beside that of the page", async () => {
    const { check, fail, state } = checkTask();
    const done = check.result();
    await settle();
    const error = new EngineError("bug", "The GPU worker ended");
    fail(error);
    // the client says so in the same turn
    state.device = { phase: "dead", error };
    expect(await done).toBeNull();
    expect(phaseOf(state)).toBe("none");
  });

  it("fails at once if its check throws, and requests nothing", async () => {
    const work = () => Promise.reject(new Error("not called"));
    const { task, state } = made();
    const refuse = (): void => {
      throw new EngineError("config", "no");
    };
    const failed = (error: EngineError): Patch => ({ check: { phase: "failed", error } });
    await task({ run: () => ({ check: refuse, work, failed }) }).start();
    expect(state.check).toMatchObject({ phase: "failed", error: { code: "config" } });
  });

  it("is cancelled only while it runs", async () => {
    const { check, end, log } = checkTask();
    await check.cancel();
    expect(log).toEqual([]);
    const done = check.start();
    await settle();
    await check.cancel();
    expect(log).toEqual(["cancel selfCheck"]);
    end(1);
    await done;
  });

  it("that is dropped shows so at once, and its result is ignored", async () => {
    const { check, end, state, log } = checkTask();
    const done = check.result();
    await settle();
    check.drop();
    expect(phaseOf(state)).toBe("none");
    end(3);
    await done;
    expect(phaseOf(state)).toBe("none");
    expect(log).toEqual(["clear selfCheck", "cancel selfCheck", "clear selfCheck"]);
  });

  it("that is dropped before its turn never begins", async () => {
    const { check, turn, log } = checkTask();
    let end = (): void => undefined;
    const before = turn(() => new Promise<void>((resolve) => (end = resolve)));
    const done = check.result();
    await settle();
    check.drop();
    end();
    expect(await done).toBeNull();
    await before;
    expect(log).toContain("cancel selfCheck");
  });

  it("that may replace its run ignores the earlier result, and keeps the progress of the later one", async () => {
    const { check, end, state, log } = checkTask({ again: "replace" });
    const first = check.result();
    await settle();
    const second = check.result();
    end(1);
    await first;
    expect(phaseOf(state)).toBe("checking");
    expect(log).toEqual([]);
    await settle();
    end(2);
    await second;
    expect(state.check).toMatchObject({ result: { checks: 2 } });
  });

  it("stops measurements first and measures what is missing afterwards, if it has to", async () => {
    const { check, end, log } = checkTask({ measuring: "stops" });
    const done = check.start();
    await settle();
    end(1);
    await done;
    expect(log).toEqual(["stop measuring", "clear selfCheck", "measure missing"]);
  });
});
