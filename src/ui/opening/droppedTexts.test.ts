// Dropped text files: one is the calibration text, others are refused with what to do, and a model with texts beside it stays a model.
import { describe, expect, it } from "vitest";
import { bench, type Bench } from "../../state/client.fixture.ts";
import { readDrop } from "./droppedFiles.ts";
import { takeTexts } from "./droppedTexts.ts";

const TEXT = "the people of the land";

/** A drop of files with these names. */
function dropOf(...names: string[]): DataTransfer {
  const items = names.map((name) => ({
    webkitGetAsEntry: () => ({
      ...{ name, isFile: true, isDirectory: false },
      file: (done: (file: File) => void) => done(new File([TEXT], name)),
    }),
  }));
  return { items } as unknown as DataTransfer;
}

async function opened(): Promise<Bench> {
  const studio = bench();
  await studio.store.getState().open({ kind: "embedded" });
  await studio.settle();
  return studio;
}

describe("a drop", () => {
  it.each([["own.txt"], ["NOTES.TXT"], ["book.md"], ["a.txt", "b.txt"]])("of %s is of texts", async (...names) => {
    const dropped = await readDrop(dropOf(...names));
    expect(dropped.kind === "texts" && dropped.files.map(({ name }) => name)).toEqual(names);
  });

  it.each([
    ["model.gguf"],
    ["config.json", "merges.txt", "model.safetensors"],
    ["merges.txt"],
    ["vocab.txt"],
    ["model.gguf", "LICENSE.txt"],
  ])("of %s is of a model", async (...names) => {
    const dropped = await readDrop(dropOf(...names));
    expect(dropped.kind === "model" && dropped.source?.kind === "files" && dropped.source.files).toHaveLength(
      names.length,
    );
  });
});

describe("a dropped text", () => {
  it("is the calibration text, and the page says so", async () => {
    const { store, sent } = await opened();
    const { evaluation } = store.getState();
    await takeTexts(store, [new File([TEXT], "own.txt")]);
    const own = { kind: "own", name: "own.txt", text: TEXT };
    expect(store.getState()).toMatchObject({ calibration: own, evaluation, notices: [] });
    expect(sent.filter(({ type }) => type === "texts").at(-1)).toMatchObject({ calibration: own, evaluation });
    expect(store.getState().status).toBe("Calibration text: own.txt, 1,000 tokens. The evaluation text is as before.");
  });

  it.each([
    ["several", ["a.txt", "b.txt"], {}, /got a\.txt, b\.txt\. Drop the calibration text alone/],
    ["during a run", ["a.txt"], { run: { phase: "training", step: 1, of: 9 } }, /a\.txt: .*Pause or stop it/],
    ["while a run starts", ["a.txt"], { pendingCommand: "train", startWaits: true }, /a\.txt: .*Pause or stop it/],
  ] as const)("is refused: %s", async (_what, names, patch, message) => {
    const { store } = await opened();
    store.setState(patch);
    store.getState().announce("Opened tiny.");
    const { calibration } = store.getState();
    await takeTexts(
      store,
      names.map((name) => new File([TEXT], name)),
    );
    const { notices, calibration: after, status } = store.getState();
    expect(notices).toMatchObject([{ context: "text" }]);
    expect(notices[0]?.error.message).toMatch(message);
    expect([after, status]).toEqual([calibration, null]);
  });

  it("that is not text is refused with the byte, under its own context", async () => {
    const { store } = await opened();
    await takeTexts(store, [new File([Uint8Array.of(0x63, 0xe9, 0x20)], "own.txt")]);
    const { notices, calibration } = store.getState();
    expect(notices).toMatchObject([{ context: "text" }]);
    expect(notices[0]?.error.message).toMatch(/own\.txt: byte 1/);
    expect(calibration.kind).toBe("bundled");
  });
});
