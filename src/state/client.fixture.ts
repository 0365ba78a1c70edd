// A client for tests: it records commands, replies by script, and emits whatever events a test wants.
import {
  DEFAULT_RECIPE,
  DEFAULT_RECOVER_RECIPE,
  DEFAULT_REFIT_RECIPE,
  type ExportedForm,
  type RunScores,
} from "../engine/index.ts";
import type { Client } from "../worker/client.ts";
import type {
  AdapterCheck,
  Command,
  CommandOf,
  ModelFacts,
  PerplexityResult,
  RecoveryFacts,
  Replies,
  RunArchitecture,
  TaskChoice,
  WorkerEvent,
} from "../worker/protocol.ts";
import { createStudio } from "./store.ts";
import type { StudioStore } from "./store.ts";
import type { Clock } from "./slice.ts";

type Answers = { [T in Command["type"]]: (command: CommandOf<T>) => Promise<Replies[T]> | Replies[T] };
export type Script = Partial<Answers>;

export const FACTS: ModelFacts = {
  name: "tiny",
  fingerprint: "f",
  modelType: "llama",
  layers: 1,
  dModel: 4,
  dMlp: 8,
  heads: 2,
  kvHeads: 1,
  headDim: 2,
  glu: true,
  vocab: 10,
  context: 16,
  dtype: "F16",
  parameters: { blocks: 144, embeddings: 40, head: 0, norms: 12, biases: 0, total: 196 },
  ...{ fileBytes: 400, fileDtype: "F16", gpuDtype: "f32" },
  licence: "mit",
  gpuBytes: 800,
  adapter: { name: "test", software: true },
  notes: [],
  matmul: { table: { kernels: 1, default: "quad", classes: {} }, from: "measured", notes: [] },
};

export function architectureAt(ratio: number, step: number, run = "first"): RunArchitecture {
  const masks = [4, 4, 4, 8, 4].map((size) => new Uint8Array(size).fill(1));
  const kept = { counts: [4, 4, 4, 8, 4], keptWeights: ratio * 144, keptTotalWeights: ratio * 144 + 52 };
  const made = { kind: "disp", recipe: { ...DEFAULT_RECIPE, ratio }, steps: step } as const;
  return { run, ratio, step, masks, ...kept, made };
}

const NESTED: ExportedForm = {
  form: "compact",
  dtype: "F16",
  files: [],
  bytes: 0,
  runtime: "test",
  version: "1",
  largestDifference: 0,
  equalArgmax: 1,
  tokens: 64,
  ok: true,
};

/** The id of the architecture that the scripted worker replies with by default. */
export const AT_HALF = { run: "first", ratio: 0.5, step: 9 };
const ALL = { kept: 1, of: 1 };
const KEPT_ALL = { mlpWeights: ALL, blockWeights: ALL, modelWeights: ALL };

/** What the scripted check of the adapter finds. */
export const CHECKED: AdapterCheck = {
  ...{ json: "{}\n", markdown: "", tables: [], lines: [], checks: 3, failed: [], seconds: 1, stopped: false },
};

/** Each pruning has an id of its own. */
let prunings = 0;

/** A perplexity of the evaluation text. */
export function perplexityAt(value: number, tokens: number): PerplexityResult {
  return { value, text: { name: "held", sha256: "t" }, context: 16, tokens, beginToken: false };
}

/** What the scripted recovery does. */
export const RECOVERED = {
  recipe: { ...DEFAULT_RECOVER_RECIPE, learningRate: 1e-3 },
  step: 300,
  guard: { before: 27, best: 24, bestStep: 300, last: 24, lastStep: 300, tokens: 2048 },
  before: perplexityAt(27, 2048),
  ...{ undone: false, msPerStep: 10 },
} satisfies RecoveryFacts;

/** What the scripted refit does. */
export const REFITTED: RecoveryFacts = {
  refit: DEFAULT_REFIT_RECIPE,
  step: 0,
  guard: { before: 27, best: 26, bestStep: 1, last: 26, lastStep: 1, tokens: 2048 },
  before: perplexityAt(27, 2048),
  ...{ undone: false, msPerStep: 0 },
};

/** Scores of the scripted worker: half of the items right, dense and pruned. */
function scoresAt(
  tasks: readonly TaskChoice[],
  { items, seed, tokens }: { items: number; seed: number; tokens: number },
): RunScores {
  const text = { name: "held", sha256: "t" };
  const half = { value: 0.5, standardError: 0.05 };
  const scores = tasks.map(() => ({ acc: half, accNorm: null, accMutualInfo: null }));
  return {
    ...{ text, tokens, context: 16 },
    tasks: tasks.map((task) =>
      "made" in task
        ? { task: task.made, source: text, items, seed }
        : { task: task.task.name, source: task.file, items: task.task.items.length },
    ),
    models: [
      { model: "dense", agreement: null, scores },
      { model: "pruned", agreement: { same: 0.75, kl: 0.4 }, scores },
    ],
  };
}

const DEFAULTS: Answers = {
  open: () => FACTS,
  library: () => [],
  memory: () => null,
  forget: () => ({ freedBytes: 0 }),
  storage: () => ({ items: [], stores: true, usedBytes: 0, quotaBytes: 1e9, persisted: false }),
  removeStored: () => ({ freedBytes: 0, inUse: 0 }),
  texts: () => ({ calibrationTokens: 1000, evaluationTokens: 50_000 }),
  train: ({ recipe }) => ({ phase: "done", step: recipe.steps, of: recipe.steps }),
  step: ({ recipe }) => ({ phase: "paused", step: 1, of: recipe.steps }),
  pause: () => ({ phase: "paused", step: 2, of: 9 }),
  stop: () => ({ phase: "done", step: 2, of: 9 }),
  reset: () => ({ phase: "idle" }),
  target: ({ ratio }) => architectureAt(ratio, 9),
  gateLogits: () => null,
  pruneWeights: ({ recipe }) => ({ run: `pruning ${++prunings}`, recipe, matrices: [], norms: [], kept: KEPT_ALL }),
  recover: () => ({ facts: RECOVERED, pruned: { architecture: architectureAt(0.5, 9, "recovered") } }),
  refit: () => ({ facts: REFITTED, pruned: { architecture: architectureAt(0.5, 9, "refitted") } }),
  pauseRecovery: () => null,
  restoreRecovery: () => ({ restored: null }),
  discardRecovery: () => null,
  undoRecovery: () => ({ architecture: architectureAt(0.5, 9) }),
  matrix: ({ area }) => ({
    ...{ name: "m", shape: [1, 1], area: area ?? { row: 0, col: 0, rows: 1, cols: 1 }, step: 1, rows: 1, cols: 1 },
    ...{ largest: Float32Array.of(1), mean: Float32Array.of(1), counts: [Uint16Array.of(0), Uint16Array.of(1)] },
    magnitudes: { top: 1, largest: 1, bins: [] },
  }),
  weightWindow: ({ name, row, col, rows, cols }) => ({
    name,
    row,
    col,
    rows,
    cols,
    values: new Float32Array(0),
    scores: null,
  }),
  record: () => null,
  formSizes: () => ({ sizes: [], of: AT_HALF }),
  restore: () => ({ architecture: architectureAt(0.5, 9) }),
  tokenLosses: () => ({
    text: "held",
    context: 16,
    tokens: [],
    first: new Float32Array(0),
    second: new Float32Array(0),
  }),
  showDense: () => null,
  examples: () => [],
  pairTexts: () => ({ prompt: [1], first: [], second: [] }),
  nextTokens: () => ({ first: [], second: [], dense: [] }),
  scoreTasks: ({ tasks, items, seed, tokens }) => ({
    of: AT_HALF,
    scores: scoresAt(tasks, { items, seed, tokens }),
    stopped: false,
  }),
  evaluationTokens: () => null,
  perplexity: ({ subject, tokens }) => perplexityAt(subject === "dense" ? 20 : 27, tokens),
  quantisation: ({ tokens }) => ({
    cost: { type: "Q4_0", quantised: 20, own: 19, precision: "f16" },
    of: perplexityAt(20, tokens),
  }),
  curve: ({ ratio, tokens }) => ({
    architecture: architectureAt(ratio, 9),
    result: perplexityAt(20 / ratio, tokens),
    fingerprint: "f",
  }),
  generate: () => ({ dense: "d", pruned: "p", of: AT_HALF }),
  prepareExport: () => ({ checks: [], of: AT_HALF }),
  prepareNested: () => ({ exported: NESTED, ratios: [], run: "first", step: 9 }),
  saveZip: ({ form }) => ({ file: new File([], form), name: `${form}.zip` }),
  saveFolder: () => ({ files: 3, bytes: 30 }),
  speed: () => ({ adapter: "test", tokens: 64, decodeTokens: 16, repeats: 5, rows: [] }),
  selfCheck: () => CHECKED,
  cancel: () => null,
};

/** What a test of the store needs: the store, the commands that were sent, and control of events and of time. */
export interface Bench extends StudioStore {
  sent: Command[];
  types(): string[];
  emit(event: WorkerEvent): void;
  /** Runs the pending animation frames. */
  frame(): void;
  /** Lets `ms` pass. */
  pass(ms: number): void;
  /** Lets promises settle. */
  settle(): Promise<void>;
}

/** Makes a store over a scripted client and a clock that stands still unless the test moves it. */
export function bench(script: Script = {}): Bench {
  const answers: Answers = { ...DEFAULTS, ...script };
  const sent: Command[] = [];
  let emit: (event: WorkerEvent) => void = () => undefined;
  const client: Client = {
    async request<T extends Command["type"]>(command: CommandOf<T>): Promise<Replies[T]> {
      sent.push(command);
      const type: T = command.type;
      return answers[type](command);
    },
    subscribe(listener) {
      emit = listener;
      return () => undefined;
    },
  };
  let now = 0;
  let frames: (() => void)[] = [];
  const timers: { at: number; run: () => void }[] = [];
  const clock: Clock = {
    frame: (run) => void frames.push(run),
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => {
        timer.at = Infinity;
      };
    },
  };
  return {
    ...createStudio(client, clock),
    sent,
    types: () => sent.map(({ type }) => type),
    emit: (event) => emit(event),
    frame() {
      const due = frames;
      frames = [];
      for (const run of due) run();
    },
    pass(ms) {
      now += ms;
      for (const timer of timers) {
        if (timer.at > now) continue;
        timer.at = Infinity;
        timer.run();
      }
    },
    settle: () => new Promise((resolve) => setTimeout(resolve, 0)),
  };
}
