import { expect, test } from "vitest";
import type { WorkerEvent } from "./protocol.ts";
import { Tasks, type TaskControls } from "./tasks.ts";

function begun(tasks: Tasks, task: Parameters<Tasks["run"]>[0]): { underway: TaskControls; done: Promise<void> } {
  let underway: TaskControls | undefined;
  const done = tasks.run(task, (one) => {
    underway = one;
    return Promise.resolve();
  });
  if (!underway) throw new Error("the work was expected to begin at once");
  return { underway, done };
}

test("a stop reaches all that run under a name, and nothing else", () => {
  const tasks = new Tasks(() => undefined);
  const [first, second, other] = [begun(tasks, "export"), begun(tasks, "export"), begun(tasks, "save")];
  expect([first, second, other].map(({ underway }) => underway.cancelled())).toEqual([false, false, false]);
  tasks.stop("export");
  expect([first, second, other].map(({ underway }) => underway.cancelled())).toEqual([true, true, false]);
  expect(first.underway.signal.aborted).toBe(true);
});

test("what begins after a stop runs, and what was stopped stays so", () => {
  const tasks = new Tasks(() => undefined);
  tasks.stop("curve");
  const before = begun(tasks, "curve").underway;
  expect(before.cancelled()).toBe(false);
  tasks.stop("curve");
  const after = begun(tasks, "curve").underway;
  expect([before.cancelled(), after.cancelled()]).toEqual([true, false]);
});

test("progress carries the task's name and the stage's unit; what the work throws comes through", async () => {
  const sent: WorkerEvent[] = [];
  const tasks = new Tasks((event) => void sent.push(event));
  const work = tasks.run("export", ({ report }) => {
    report("windows")(4, 4, "dense");
    report("bytes")(7, 7);
    return Promise.reject(new Error("a full disk"));
  });
  await expect(work).rejects.toThrow("a full disk");
  expect(sent).toMatchObject([
    { type: "progress", progress: { task: "export", done: 4, total: 4, unit: "windows", note: "dense" } },
    { type: "progress", progress: { task: "export", done: 7, total: 7, unit: "bytes" } },
  ]);
});
