// The library: what is listed after opening and removing, and cancelling an opening.
import { describe, expect, it } from "vitest";
import { EngineError } from "../../engine/index.ts";
import type { CachedModel } from "../../worker/protocol.ts";
import { bench, FACTS } from "../client.fixture.ts";

const HUB = { kind: "hub", address: "org/tiny" } as const;
const TINY: CachedModel = { address: "org/tiny", name: "tiny", lastUsed: "", bytes: 5, ofBytes: 9, whole: false };

describe("the library", () => {
  it("is listed when it is shown and after every model from the web, opened or not", async () => {
    let refuse = false;
    const failed = new EngineError("network", "gated");
    const studio = bench({ open: () => (refuse ? Promise.reject(failed) : FACTS), library: () => [TINY] });
    studio.store.getState().showLibrary(true);
    await studio.settle();
    expect(studio.store.getState()).toMatchObject({ libraryShown: true, cached: [TINY] });
    await studio.store.getState().open(HUB);
    await studio.settle();
    refuse = true;
    expect(await studio.store.getState().open({ kind: "cached", address: "org/other" })).toBe(false);
    expect(studio.types().filter((type) => type === "library").length).toBe(3);
    expect(studio.store.getState()).toMatchObject({ source: HUB, openError: failed });
  });

  it("shows how much a removed model freed, and lists what is left", async () => {
    let left = [TINY];
    const studio = bench({
      library: () => left,
      forget: () => {
        left = [];
        return { freedBytes: 5 };
      },
    });
    await studio.store.getState().forgetModel(TINY);
    expect(studio.sent[0]).toEqual({ type: "forget", address: "org/tiny" });
    expect(studio.store.getState()).toMatchObject({ cached: [], removed: { name: "tiny", freedBytes: 5 } });
  });

  it("cancels an opening, which is no error, and leaves the previous model", async () => {
    let stop = (): void => undefined;
    let waits = false;
    const studio = bench({
      open: () =>
        waits ? new Promise((_, reject) => (stop = () => reject(new EngineError("cancelled", "stopped")))) : FACTS,
      cancel: () => {
        stop();
        return null;
      },
    });
    await studio.store.getState().cancelOpen();
    expect(studio.types()).toEqual([]);
    await studio.store.getState().open({ kind: "embedded" });
    await studio.settle();
    waits = true;
    const opening = studio.store.getState().open(HUB);
    await studio.settle();
    expect(studio.store.getState().model).toMatchObject({ phase: "opening", name: "org/tiny" });
    await studio.store.getState().cancelOpen();
    expect(await opening).toBe(false);
    expect(studio.store.getState()).toMatchObject({ model: { phase: "open", facts: FACTS }, openError: null });
  });
});
