// Which parts of npm test run at the same time. Two lanes keep two cores busy: a software GPU uses little more than one.

/**
 * Stages run one after another, the lanes of a stage beside each other, the parts of a lane one after another. The browser tests have a
 * stage of their own because they measure how fast the page answers.
 */
export const STAGES = [
  [["types", "format"], ["lint"]],
  [
    ["gpu", "matrices"],
    ["unit", "dawn", "wgpu", "python"],
  ],
  [["e2e"]],
] as const;

/**
 * Runs the named parts and returns what each resolved to, in the order in which they ended. After a part that is not `ok`, no other
 * starts; those that run finish. With `together` false, all lanes run one after another. `alone` is true for a part that nothing else
 * can run beside.
 */
export async function runLanes<Part extends string, Result extends { ok: boolean }>(
  stages: readonly (readonly (readonly Part[])[])[],
  run: (part: Part, alone: boolean) => Promise<Result>,
  { parts, together }: { parts: readonly Part[]; together: boolean },
): Promise<Result[]> {
  const results: Result[] = [];
  const runLane = async (lane: readonly Part[], alone: boolean): Promise<void> => {
    for (const part of lane) {
      if (results.some(({ ok }) => !ok)) return;
      results.push(await run(part, alone));
    }
  };
  for (const stage of stages) {
    const lanes = stage.map((lane) => lane.filter((part) => parts.includes(part))).filter((lane) => lane.length > 0);
    if (together) await Promise.all(lanes.map((lane) => runLane(lane, lanes.length === 1)));
    else for (const lane of lanes) await runLane(lane, true);
  }
  return results;
}
