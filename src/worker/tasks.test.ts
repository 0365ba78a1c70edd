import { expect, test } from "vitest";
import type { WorkerEvent } from "./protocol.ts";
import { Tasks, type TaskControls } from "./tasks.ts";

function begun(tasks: Tasks, task: Parameters<Tasks["run"]>[0]): { controls: TaskControls; done: Promise<void> } {
  let controls: TaskControls | undefined;
  const done = tasks.run(task, (one) => {
    controls = one;
    return Promise.resolve();
  });
  if (!controls) throw new Error("expected the work to begin at once");
  return { controls, done };
}

test("a cancel reaches all work of that name, and nothing else", () => {
  const tasks = new Tasks(() => undefined);
  const [first, second, other] = [begun(tasks, "export"), begun(tasks, "export"), begun(tasks, "save")];
  expect([first, second, other].map(({ controls }) => controls.cancelled())).toEqual([false, false, false]);
  tasks.cancel("export");
  expect([first, second, other].map(({ controls }) => controls.cancelled())).toEqual([true, true, false]);
  expect(first.controls.signal.aborted).toBe(true);
});

test("work that begins after a cancel runs, and what was cancelled stays cancelled", () => {
  const tasks = new Tasks(() => undefined);
  tasks.cancel("curve");
  const before = begun(tasks, "curve").controls;
  expect(before.cancelled()).toBe(false);
  tasks.cancel("curve");
  const after = begun(tasks, "curve").controls;
  expect([before.cancelled(), after.cancelled()]).toEqual([true, false]);
});

test("the time left includes the stages that follow", () => {
  const sent: WorkerEvent[] = [];
  const { controls } = begun(new Tasks((event) => void sent.push(event)), "selfCheck");
  controls.report("cases", 1000)(1, 1);
  expect(sent).toMatchObject([{ progress: { done: 1, total: 1, secondsLeft: 1000 } }]);
});

test("progress has the task's name and the stage's unit; errors of the work are passed on", async () => {
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
