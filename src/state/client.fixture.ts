// A client for tests: it records commands, answers by script, and says whatever events it is told to.
import type { ExportedForm } from "../engine/index.ts";
import type { Client, CommandOf } from "../worker/client.ts";
import type { ShownArchitecture, Command, ModelFacts, Replies, WorkerEvent } from "../worker/protocol.ts";
import { createStudio } from "./store.ts";
import type { StudioStore } from "./store.ts";
import type { Clock } from "./storeState.ts";

type Answers = { [T in Command["type"]]: (command: CommandOf<T>) => Promise<Replies[T]> | Replies[T] };
export type Script = Partial<Answers>;

export const FACTS: ModelFacts = {
  name: "tiny",
  modelType: "llama",
  layers: 1,
  dModel: 4,
  dMlp: 8,
  heads: 2,
  kvHeads: 1,
  headDim: 2,
  vocab: 10,
  context: 16,
  dtype: "F16",
  parameters: { blocks: 144, embeddings: 40, head: 0, norms: 12, biases: 0, total: 196 },
  fileBytes: 400,
  licence: "mit",
  gpuBytes: 800,
  adapter: { name: "test", software: true },
};

export function architectureAt(ratio: number, step: number, run = "first"): ShownArchitecture {
  const masks = [4, 4, 4, 8, 4].map((size) => new Uint8Array(size).fill(1));
  const kept = { kept: [[4, 4, 4, 8, 4]], keptBlockWeights: ratio * 144, keptParameters: ratio * 144 + 52 };
  return { run, ratio, step, masks, ...kept };
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

/** What the architecture of the defaults is. */
export const AT_HALF = { run: "first", ratio: 0.5, step: 9 };
const ALL = { kept: 1, of: 1 };
const KEPT_ALL = { mlpWeights: ALL, blockWeights: ALL, modelWeights: ALL };

/** Each pruning has a name of its own. */
let prunings = 0;

const DEFAULTS: Answers = {
  open: () => FACTS,
  library: () => [],
  forget: () => ({ freedBytes: 0 }),
  texts: () => ({ calibrationTokens: 1000, evaluationTokens: 50_000 }),
  play: ({ recipe }) => ({ phase: "done", step: recipe.steps, of: recipe.steps }),
  step: ({ recipe }) => ({ phase: "paused", step: 1, of: recipe.steps }),
  pause: () => ({ phase: "paused", step: 2, of: 9 }),
  stop: () => ({ phase: "done", step: 2, of: 9 }),
  reset: () => ({ phase: "idle" }),
  target: ({ ratio }) => architectureAt(ratio, 9),
  pruneWeights: ({ recipe }) => ({ run: `pruning ${++prunings}`, recipe, matrices: [], norms: [], kept: KEPT_ALL }),
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
  restore: () => ({ architecture: architectureAt(0.5, 9) }),
  tokenLosses: () => ({
    text: "held",
    context: 16,
    tokens: [],
    first: new Float32Array(0),
    second: new Float32Array(0),
  }),
  perplexity: ({ subject, tokens }) => ({
    value: subject === "dense" ? 20 : 27,
    text: "held",
    context: 16,
    tokens,
    bosAdded: false,
  }),
  curve: ({ ratio, tokens }) => ({
    architecture: architectureAt(ratio, 9),
    result: { value: 20 / ratio, text: "held", context: 16, tokens, bosAdded: false },
    fingerprint: "f",
    textSha256: "t",
  }),
  generate: () => ({ dense: "d", pruned: "p", of: AT_HALF }),
  prepareExport: () => ({ checks: [], of: AT_HALF }),
  prepareNested: () => ({ delivery: NESTED, ratios: [], run: "first", step: 9 }),
  saveZip: ({ form }) => ({ file: new File([], form), name: `${form}.zip` }),
  saveFolder: () => ({ files: 3, bytes: 30 }),
  speed: () => ({ adapter: "test", tokens: 64, decodeTokens: 16, repeats: 5, rows: [] }),
  selfCheck: () => ({ checks: 3, failed: [], seconds: 1 }),
  cancel: () => null,
};

/** Everything a test of the store needs: the store, what was sent, and hands on the worker's voice and on time. */
export interface Bench extends StudioStore {
  sent: Command[];
  types(): string[];
  say(event: WorkerEvent): void;
  /** Runs the animation frames that wait. */
  frame(): void;
  /** Lets `ms` pass. */
  pass(ms: number): void;
  /** Lets promises settle. */
  settle(): Promise<void>;
}

/** Makes a store over a scripted client and a clock that only moves when told. */
export function bench(script: Script = {}): Bench {
  const answers: Answers = { ...DEFAULTS, ...script };
  const sent: Command[] = [];
  let say: (event: WorkerEvent) => void = () => undefined;
  const client: Client = {
    async request<T extends Command["type"]>(command: CommandOf<T>): Promise<Replies[T]> {
      sent.push(command);
      const type: T = command.type;
      return answers[type](command);
    },
    subscribe(listener) {
      say = listener;
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
    say: (event) => say(event),
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
