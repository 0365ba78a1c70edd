// Turns on the GPU: one at a time and in order, and cancelling what waits as well as what runs.
import { describe, expect, it } from "vitest";
import type { Client } from "../worker/client.ts";
import { turnsOf } from "./turns.ts";

function made() {
  const sent: unknown[] = [];
  const done: string[] = [];
  const request = ((command: unknown) => {
    sent.push(command);
    return Promise.resolve(null);
  }) as Client["request"];
  let end = (): void => undefined;
  const long = (): Promise<string> => new Promise((resolve) => (end = () => resolve("long")));
  const short = (name: string) => (): Promise<string> => {
    done.push(name);
    return Promise.resolve(name);
  };
  return { ...turnsOf({ request }), sent, done, long, short, end: () => end() };
}
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe("turns", () => {
  it("come one at a time, in the order of the requests, also after one that failed", async () => {
    const { turn, long, short, done, end } = made();
    const first = turn(long);
    const second = turn(() => Promise.reject(new Error("no")));
    const third = turn(short("third"));
    await pause();
    expect(done).toEqual([]);
    end();
    expect(await first).toBe("long");
    await expect(second).rejects.toThrow("no");
    expect(await third).toBe("third");
  });

  it("are cancelled at once while they wait, by their task only", async () => {
    const { turn, cancelTask, long, short, done, sent, end } = made();
    const first = turn(long, "export");
    const waiting = turn(short("speed"), "speed");
    const other = turn(short("weights"), "weights");
    await pause();
    await cancelTask("speed");
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    expect(sent).toEqual([{ type: "cancel", task: "speed" }]);
    end();
    expect([await first, await other]).toEqual(["long", "weights"]);
    expect(done).toEqual(["weights"]);
  });

  it("that have begun continue until the worker ends them, and the next one of their task is not cancelled", async () => {
    const { turn, cancelTask, long, short, end } = made();
    const first = turn(long, "export");
    await pause();
    await cancelTask("export");
    const next = turn(short("again"), "export");
    end();
    expect([await first, await next]).toEqual(["long", "again"]);
  });

  it("begin at once after a device was lost", async () => {
    const { turn, clearTurns, long, short } = made();
    void turn(long);
    await pause();
    clearTurns();
    expect(await turn(short("anew"))).toBe("anew");
  });
});
