// The client against a scripted worker port: replies, failures, events, and a worker that dies.
import { describe, expect, it } from "vitest";
import { EngineError } from "../engine/index.ts";
import { createClient } from "./client.ts";
import type { WorkerPort } from "./client.ts";
import type { FromWorker, ToWorker, WorkerEvent } from "./protocol.ts";

class Port implements WorkerPort {
  readonly sent: ToWorker[] = [];
  readonly listeners = new Map<string, (event: { data: FromWorker; message?: string }) => void>();
  postMessage(message: ToWorker): void {
    this.sent.push(message);
  }
  addEventListener(type: string, listener: (event: { data: FromWorker; message?: string }) => void): void {
    this.listeners.set(type, listener);
  }
  receive(data: FromWorker): void {
    this.listeners.get("message")?.({ data });
  }
  fail(message: string): void {
    this.listeners.get("error")?.({ data: { kind: "event", event: { type: "run", run: { phase: "idle" } } }, message });
  }
}

describe("client", () => {
  it("notices a worker that ends without an error, by its lock", async () => {
    const port = new Port();
    let free = (): void => undefined;
    const locks: string[] = [];
    const client = createClient(port, (lock) => {
      locks.push(lock);
      return new Promise((resolve) => (free = resolve));
    });
    const events: WorkerEvent[] = [];
    client.subscribe((event) => events.push(event));
    port.receive({ kind: "alive", lock: "worker/1" });
    const answer = client.request({ type: "pause" });
    free();
    await expect(answer).rejects.toThrow(/The GPU worker ended \(it has stopped\)\. Reload the page/);
    expect([locks, events.map(({ type }) => type)]).toEqual([["worker/1"], ["error"]]);
  });

  it("matches replies to commands by id, in any order", async () => {
    const port = new Port();
    const client = createClient(port);
    const first = client.request({ type: "pause" });
    const second = client.request({ type: "cancel", task: "export" });
    expect(port.sent.map((message) => message.type)).toEqual(["pause", "cancel"]);
    const [a, b] = port.sent;
    port.receive({ kind: "reply", id: b?.id ?? -1, value: null });
    port.receive({ kind: "reply", id: a?.id ?? -1, value: { phase: "paused", step: 3, of: 9 } });
    expect(await first).toEqual({ phase: "paused", step: 3, of: 9 });
    expect(await second).toBeNull();
  });

  it("revives a failure as an EngineError with code and detail", async () => {
    const port = new Port();
    const answer = createClient(port).request({ type: "reset" });
    const error = { code: "storage" as const, message: "disk full", detail: { neededBytes: 5 } };
    port.receive({ kind: "failure", id: port.sent[0]?.id ?? -1, error });
    const caught = await answer.catch((e: unknown) => e);
    expect(caught).toBeInstanceOf(EngineError);
    expect(caught).toMatchObject(error);
  });

  it("passes events to subscribers until they unsubscribe", () => {
    const port = new Port();
    const received: WorkerEvent[] = [];
    const leave = createClient(port).subscribe((event) => received.push(event));
    const event: WorkerEvent = { type: "run", run: { phase: "training", step: 1, of: 2 } };
    port.receive({ kind: "event", event });
    leave();
    port.receive({ kind: "event", event });
    expect(received).toEqual([event]);
  });

  it("rejects everything pending and everything later when the worker dies, and emits one event", async () => {
    const port = new Port();
    const client = createClient(port);
    const received: WorkerEvent[] = [];
    client.subscribe((event) => received.push(event));
    const before = client.request({ type: "pause" });
    port.fail("out of memory");
    port.fail("again");
    await expect(before).rejects.toThrow(/ended \(out of memory\).*Reload/);
    await expect(client.request({ type: "stop" })).rejects.toMatchObject({ code: "bug" });
    expect(received).toHaveLength(1);
    expect(port.sent).toHaveLength(1);
  });
});
