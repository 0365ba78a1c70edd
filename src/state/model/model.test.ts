// Opening models, texts and perplexities: what is requested from the worker, and what stays when something fails.
import { describe, expect, it, vi } from "vitest";
import { EngineError } from "../../engine/index.ts";
import type { Replies } from "../../worker/protocol.ts";
import { architectureAt, AT_HALF, bench, FACTS, perplexityAt } from "../client.fixture.ts";

const EMBEDDED = { kind: "embedded" } as const;

describe("open", () => {
  it("opens, sends the texts and measures the dense model", async () => {
    const studio = bench();
    expect(await studio.store.getState().open(EMBEDDED)).toBe(true);
    await studio.settle();
    expect(studio.types()).toEqual(["open", "texts", "perplexity"]);
    expect(studio.store.getState()).toMatchObject({
      model: { phase: "open", facts: FACTS },
      dense: { phase: "measured", last: { of: { ratio: 1 }, result: { value: 20, tokens: 2048 } } },
    });
  });

  it("keeps the open model when another one is refused, and shows why", async () => {
    let refuse = false;
    const error = new EngineError("unsupported", "model_type 'mamba' is not supported");
    const studio = bench({ open: () => (refuse ? Promise.reject(error) : FACTS) });
    await studio.store.getState().open(EMBEDDED);
    studio.store.setState({ architecture: architectureAt(0.5, 9) });
    refuse = true;
    expect(await studio.store.getState().open({ kind: "files", name: "other", files: [] })).toBe(false);
    const { model, openError, architecture, source } = studio.store.getState();
    expect(model).toEqual({ phase: "open", facts: FACTS });
    expect(openError).toBe(error);
    expect(architecture?.ratio).toBe(0.5);
    expect(source).toBe(EMBEDDED);
  });

  it("continues to measure the model that stays, and keeps its curve", async () => {
    let answer = (): void => undefined;
    const measured = new Promise<void>((resolve) => (answer = resolve));
    const studio = bench({
      open: ({ source }) => (source === EMBEDDED ? FACTS : Promise.reject(new EngineError("format", "not a model"))),
      perplexity: ({ tokens }) => measured.then(() => perplexityAt(20, tokens)),
    });
    const { getState, setState } = studio.store;
    await getState().open(EMBEDDED);
    await studio.settle();
    const curve = { phase: "measured", points: [], nested: { broken: 0, of: 1 } } as const;
    setState({ curve });
    expect(getState().dense.phase).toBe("measuring");
    const refused = getState().open({ kind: "files", name: "other", files: [] });
    expect(getState().dense.phase).toBe("none");
    answer();
    await refused;
    await studio.settle();
    expect(getState()).toMatchObject({ curve, dense: { phase: "measured" } });
  });

  it("opens what is chosen while another model opens, and the last of several choices", async () => {
    let stop = (): void => undefined;
    const first = () =>
      new Promise<never>((_, reject) => (stop = () => reject(new EngineError("cancelled", "stopped"))));
    const studio = bench({
      open: ({ source }) => (source === EMBEDDED ? first() : FACTS),
      cancel: () => (stop(), null),
    });
    const { getState } = studio.store;
    const chosen = ["one", "two"].map((name) => ({ kind: "files", name, files: [] }) as const);
    const openings = [getState().open(EMBEDDED)];
    await vi.waitFor(() => expect(studio.types()).toEqual(["open"]));
    openings.push(...[EMBEDDED, ...chosen].map((source) => getState().open(source)));
    expect(await Promise.all(openings)).toEqual([false, false, false, true]);
    expect(getState()).toMatchObject({ model: { phase: "open" }, source: chosen[1], openError: null });
    expect(studio.sent.flatMap((one) => (one.type === "open" ? [one.source] : []))).toEqual([EMBEDDED, chosen[1]]);
  });

  it("cancels an opening at once while it waits for its turn", async () => {
    let answer: (texts: Replies["generate"]) => void = () => undefined;
    const written = new Promise<Replies["generate"]>((resolve) => (answer = resolve));
    const studio = bench({ generate: () => written });
    const { getState } = studio.store;
    await getState().open(EMBEDDED);
    void getState().generate();
    await studio.settle();
    const opening = getState().open({ kind: "files", name: "other", files: [] });
    await getState().cancelOpen();
    expect(await opening).toBe(false);
    expect(getState()).toMatchObject({ model: { phase: "open", facts: FACTS }, openError: null });
    answer({ dense: "d", pruned: "p", of: AT_HALF });
    await studio.settle();
    expect(studio.types().filter((type) => type === "open")).toHaveLength(1);
  });

  it("forgets what belonged to the model before when another one opens", async () => {
    const studio = bench();
    await studio.store.getState().open(EMBEDDED);
    studio.store.setState({ architecture: architectureAt(0.5, 9), denseText: "old" });
    await studio.store.getState().open({ kind: "files", name: "other", files: [] });
    expect(studio.store.getState()).toMatchObject({ architecture: null, denseText: "", run: { phase: "idle" } });
  });

  it("turns to the page about WebGPU where there is none", async () => {
    const studio = bench({ open: () => Promise.reject(new EngineError("no-webgpu", "no adapter")) });
    await studio.store.getState().open(EMBEDDED);
    expect(studio.store.getState().device.phase).toBe("absent");
  });
});

describe("texts", () => {
  it("measures again after another evaluation text, and marks the earlier reading as stale", async () => {
    let answer = (): void => undefined;
    let waits = false;
    const studio = bench({
      perplexity: async ({ tokens }) => {
        if (waits) await new Promise<void>((resolve) => (answer = resolve));
        return perplexityAt(waits ? 40 : 20, tokens);
      },
    });
    await studio.store.getState().open(EMBEDDED);
    await studio.settle();
    waits = true;
    await studio.store.getState().setTexts({ evaluation: { kind: "own", name: "mine.txt", text: "words" } });
    expect(studio.store.getState().dense).toMatchObject({
      phase: "measuring",
      last: { stale: true, result: { value: 20 } },
    });
    answer();
    await studio.settle();
    expect(studio.store.getState().dense).toMatchObject({ phase: "measured", last: { result: { value: 40 } } });
    expect(studio.store.getState().dense).not.toHaveProperty("last.stale");
  });

  it("goes back to the earlier texts when the new ones are refused", async () => {
    let short = false;
    const studio = bench({
      texts: () =>
        short
          ? Promise.reject(new EngineError("config", "too short"))
          : { calibrationTokens: 9, evaluationTokens: 50_000 },
    });
    await studio.store.getState().open(EMBEDDED);
    const { calibration } = studio.store.getState();
    short = true;
    await studio.store.getState().setTexts({ calibration: { kind: "own", name: "a", text: "" } });
    expect(studio.store.getState()).toMatchObject({ calibration, textError: { message: "too short" } });
  });

  it("shows the newest choice, whichever the worker answers last", async () => {
    const answers: (() => void)[] = [];
    let waits = false;
    const studio = bench({
      async texts({ calibration }) {
        if (waits) await new Promise<void>((resolve) => answers.push(resolve));
        const calibrationTokens = calibration.kind === "own" ? Number(calibration.text) : 1000;
        return { calibrationTokens, evaluationTokens: 50_000 };
      },
    });
    await studio.store.getState().open(EMBEDDED);
    await studio.settle();
    waits = true;
    const { setTexts } = studio.store.getState();
    const both = [900, 7].map((tokens) => setTexts({ calibration: { kind: "own", name: "t", text: `${tokens}` } }));
    for (const answer of answers.reverse()) {
      answer();
      await studio.settle();
    }
    await Promise.all(both);
    expect(studio.store.getState()).toMatchObject({ calibration: { text: "7" }, counts: { calibrationTokens: 7 } });
  });

  it("tells the worker which texts came back, and keeps the choice of the other text", async () => {
    const bad = { kind: "own", name: "bad", text: "" } as const;
    const good = { kind: "bundled", name: "moby-held" } as const;
    const studio = bench({
      texts: ({ calibration }) =>
        calibration === bad
          ? Promise.reject(new EngineError("config", "too short"))
          : { calibrationTokens: 9, evaluationTokens: 50_000 },
    });
    await studio.store.getState().open(EMBEDDED);
    const { calibration, setTexts } = studio.store.getState();
    await Promise.all([setTexts({ evaluation: good }), setTexts({ calibration: bad })]);
    expect(studio.store.getState()).toMatchObject({ calibration, evaluation: good, counts: { calibrationTokens: 9 } });
    expect(studio.store.getState().textError?.message).toBe("too short");
    const texts = studio.sent.filter(({ type }) => type === "texts");
    expect(texts.at(-1)).toEqual({ type: "texts", calibration, evaluation: good });
    expect(texts).toHaveLength(4);
  });

  it("are set before a run begins, which does not begin on other ones", async () => {
    let answer: (refused: boolean) => void = () => undefined;
    let waits = false;
    const studio = bench({
      texts: async () => {
        const refused = waits && (await new Promise<boolean>((resolve) => (answer = resolve)));
        if (refused) throw new EngineError("config", "too short");
        return { calibrationTokens: 9, evaluationTokens: 50_000 };
      },
    });
    await studio.store.getState().open(EMBEDDED);
    await studio.settle();
    const { setTexts, train } = studio.store.getState();
    for (const refused of [true, false]) {
      waits = true;
      void setTexts({ calibration: { kind: "own", name: "a", text: "words" } });
      const begun = train();
      await studio.settle();
      expect(studio.store.getState()).toMatchObject({ startWaits: true, pendingCommand: "train" });
      waits = false;
      answer(refused);
      await begun;
      expect(studio.types().filter((type) => type === "train")).toHaveLength(refused ? 0 : 1);
      expect(studio.store.getState()).toMatchObject({ startWaits: false, pendingCommand: null });
    }
  });

  it("keeps the last reading when a measurement fails", async () => {
    let fail = false;
    const studio = bench({
      perplexity: ({ tokens }) =>
        fail ? Promise.reject(new EngineError("out-of-memory", "too much")) : perplexityAt(20, tokens),
    });
    await studio.store.getState().open(EMBEDDED);
    await studio.settle();
    fail = true;
    studio.store.getState().setEvaluationTokens(1024);
    await studio.settle();
    expect(studio.store.getState().dense).toMatchObject({ phase: "failed", last: { result: { value: 20 } } });
  });
});

describe("the memory plan", () => {
  const parts = { weights: 1, hypernet: 2, training: 3, logits: 4, evaluation: 5, cache: 6, pruned: 7 };
  const choice = { precision: "f32", trainingTokens: 128, evaluationTokens: 512 } as const;
  const numbers = {
    parts,
    totalBytes: 28,
    buffers: 9,
    largest: { label: "head", bytes: 1 },
    limitBytes: 2,
    stepBytes: 3,
  };
  const slow = { recompute: { blocks: 0, group: 1 }, compact: true, stepFlop: 8 };
  const plan = { ...choice, ...slow, ...numbers, fits: false };
  const planned = { name: "other", plan, choices: [plan], others: [], quantised: false };

  it("stays after the model was refused, with the source that was requested", async () => {
    const error = new EngineError("limit", "needs 1.9 GB");
    const other = { kind: "files", name: "other", files: [] } as const;
    const studio = bench({ open: ({ source }) => (source === other ? Promise.reject(error) : FACTS) });
    await studio.store.getState().open(EMBEDDED);
    const opening = studio.store.getState().open(other);
    studio.emit({ type: "plan", planned, storageFreeBytes: 5 });
    expect(await opening).toBe(false);
    const { plan, openError, source } = studio.store.getState();
    expect(plan).toEqual({ planned, storageFreeBytes: 5, source: other });
    expect(openError).toBe(error);
    expect(source).toBe(EMBEDDED);
  });
});
