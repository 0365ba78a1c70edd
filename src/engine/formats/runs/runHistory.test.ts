// The history of a run: packed and unpacked, thinned out where it is long.
import { expect, it } from "vitest";
import { packHistory, unpackHistory } from "./runHistory.ts";
import { historyOf } from "./runs.fixture.ts";

const column = (length: number, of: (i: number) => number): Float32Array =>
  Float32Array.from({ length }, (_, i) => of(i));

it("keeps every step of a short run in about 13 kB, in place of longer columns", () => {
  const spare = column(1024, (i) => i + 250);
  const columns = { step: spare, loss: spare, penalty: spare, kept: spare, target: spare, count: 600 };
  const history = packHistory(columns, []);
  expect(JSON.stringify(history).length).toBeLessThan(13_500);
  const again = history && unpackHistory(history);
  expect(again).toMatchObject({ count: 600 });
  expect([...(again?.step ?? [])]).toEqual([...spare.subarray(0, 600)]);
  expect([...(again?.loss ?? [])]).toEqual([...spare.subarray(0, 600)]);
  expect([...unpackHistory(historyOf(3)).loss]).toEqual([4, 3.5, 3]);
});

it("thins out a long run, and has nothing of a run without steps", () => {
  const long = column(10_000, (i) => i);
  const columns = { step: long, loss: long, penalty: long, kept: long, target: long, count: 10_000 };
  const history = packHistory(columns, []);
  expect(history).toMatchObject({ first: 0, every: 3, count: 3334 });
  expect(history && [...unpackHistory(history).kept].slice(0, 3)).toEqual([0, 3, 6]);
  expect(packHistory({ ...columns, count: 0 }, [])).toBeUndefined();
});
