// The list of actions: keys are unique, sections exist on the page, and keys do what the list says.
import { describe, expect, it } from "vitest";
import { bench } from "../../state/client.fixture.ts";
import { heldAction, keyReader } from "./actionKeys.ts";
import { ACTIONS, matchingActions } from "./actions.ts";
import { SECTIONS } from "./sections.ts";

const sources = Object.values(
  import.meta.glob<string>("/src/ui/panels/**/*.tsx", { query: "?raw", import: "default", eager: true }),
).join("\n");

it("has one action per id and per key", () => {
  const ids = ACTIONS.map(({ id }) => id);
  const keys = ACTIONS.flatMap((action) => action.keys ?? []);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(keys).size).toBe(keys.length);
  // the first key of a pair does nothing alone
  expect(keys.filter((key) => keys.some((other) => other.startsWith(`${key} `)))).toEqual([]);
  expect(keys).not.toContain("space");
});

it.each(SECTIONS)("has the section $name on the page", ({ id }) => {
  const figure = id.replace(/^figure-/, "");
  expect(sources).toContain(figure === id ? `id="${id}"` : `name="${figure}"`);
});

describe("keys", () => {
  it("are read one by one and in pairs", () => {
    let time = 0;
    const read = keyReader(() => time);
    expect(read("t")?.id).toBe("train");
    expect(read("g")).toBeNull();
    expect(read("e")?.id).toBe("go-export-heading");
    expect(read("e")).toBeNull();
    expect(read("G")).toBeNull();
    time += 5000;
    expect(read("m")).toBeNull();
    expect(read("?")?.id).toBe("keys");
  });
});

it("finds keys that are held together, with Ctrl or Command", () => {
  const held = { key: "z", ctrlKey: true, metaKey: false, shiftKey: false, altKey: false };
  expect(heldAction(held)?.id).toBe("undo");
  expect(heldAction({ ...held, key: "Z", ctrlKey: false, metaKey: true, shiftKey: true })?.id).toBe("redo");
  expect(heldAction({ ...held, ctrlKey: false })).toBeNull();
  expect(heldAction({ ...held, key: "y" })).toBeNull();
});

it("finds what can be done now by words", () => {
  const state = bench().store.getState();
  expect(matchingActions("theme dark", state).map(({ id }) => id)).toEqual(["dark"]);
  // nothing is open: the run cannot be stopped
  expect(matchingActions("stop the run", state)).toEqual([]);
});
