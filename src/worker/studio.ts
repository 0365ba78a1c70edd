// The studio's state in the worker: the device, the open model, its texts, the run, and what the commands of the protocol do with them.
import {
  approvePlan,
  budgetOf,
  type Budget,
  countParameters,
  Ctx,
  EngineError,
  type GateLayout,
  gateLayout,
  Gpu,
  invariant,
  licenceOf,
  DEFAULT_RECIPE,
  openModel,
  type OpenedModel,
  type PlanChoice,
  type PlanNews,
  selfCheck,
  tuneMatmul,
} from "../engine/index.ts";
import { compareTexts } from "./comparing.ts";
import { Exporting, type SaveWatch } from "./exporting.ts";
import { MAX_WINDOW, Measuring } from "./measuring.ts";
import { freeStorage } from "./opfs.ts";
import { reporter } from "./pace.ts";
import type {
  Architecture,
  Command,
  ModelFacts,
  PerplexityResult,
  Replies,
  Subject,
  Task,
  TextSource,
  WorkerEvent,
} from "./protocol.ts";
import { architectureAt, type Logits, PrunedModel } from "./pruned.ts";
import { forgetCached, listCached, noteCard } from "./library.ts";
import { Running } from "./running.ts";
import { folderOfSource } from "./sources.ts";
import { measureSpeed } from "./speed.ts";
import { Texts } from "./texts.ts";

/** Tokens that a form of the export is compared on. */
const CHECK_TOKENS = 64;
const VERSION = __APP_VERSION__;

const DEFAULT_TEXTS: { calibration: TextSource; evaluation: TextSource } = {
  calibration: { kind: "bundled", name: "sotu-train" },
  evaluation: { kind: "bundled", name: "sotu-held" },
};

/** How a model is opened where nothing else is asked for. */
const USUAL: PlanChoice = {
  precision: "f32",
  trainingTokens: DEFAULT_RECIPE.tokens,
  evaluationTokens: MAX_WINDOW,
};

type CommandOf<T extends Command["type"]> = Extract<Command, { type: T }>;
type Handlers = { [T in Command["type"]]: (command: CommandOf<T>) => Promise<Replies[T]> };

export class Studio {
  private readonly send: (event: WorkerEvent) => void;
  private readonly texts = new Texts();
  private readonly exporting = new Exporting();
  private readonly pruned = new PrunedModel();
  private readonly cancelled = new Set<Task>();
  private opening = new AbortController();
  private readonly measuring: Measuring;
  private sources = DEFAULT_TEXTS;
  private ctx: Ctx | undefined;
  private open: { model: OpenedModel; layout: GateLayout; budget: Budget; running: Running } | undefined;
  /** Fingerprint of the model that was open when the device was lost. */
  private lostModel: string | undefined;
  private logits: Logits | undefined;
  private architecture: Architecture | undefined;
  private keep = 0.5;
  /** Tokens that perplexity was last asked for on. */
  private evaluationTokens = 4096;

  constructor(send: (event: WorkerEvent) => void) {
    this.send = send;
    this.measuring = new Measuring(send);
  }

  /** Does one command. What it throws is an EngineError or becomes one. */
  handle<T extends Command["type"]>(command: CommandOf<T>): Promise<Replies[T]> {
    const handler = this.handlers[command.type] as (command: CommandOf<T>) => Promise<Replies[T]>;
    return handler(command);
  }

  private readonly handlers: Handlers = {
    open: ({ source }) => this.task("open", () => this.openSource(source)),
    library: () => listCached(),
    forget: ({ address }) => forgetCached(address),
    texts: (sources) => this.setTexts(sources),
    play: async ({ recipe }) =>
      (await this.readyToRun(recipe.keep)).play(recipe, await this.texts.encoded(this.sources.calibration)),
    step: async ({ recipe }) =>
      (await this.readyToRun(recipe.keep)).play(recipe, await this.texts.encoded(this.sources.calibration), 1),
    pause: () => this.ending(({ running }) => running.pause()),
    stop: () => this.ending(({ running }) => running.stop()),
    reset: () =>
      this.ending(async ({ running }) => {
        const state = await running.reset();
        this.forgetRun();
        return state;
      }),
    target: ({ keep }) => Promise.resolve(this.target(keep)),
    perplexity: ({ subject, tokens }) => {
      this.evaluationTokens = tokens;
      return this.task("perplexity", () => this.measure(subject, tokens));
    },
    generate: (command) =>
      this.task("generate", async () => {
        const { model } = this.opened();
        const models = { dense: model.model, pruned: await this.prunedModel() };
        return compareTexts(this.context(), model, models, command, this.send, () => this.cancelled.has("generate"));
      }),
    prepareExport: (command) => this.task("export", () => this.prepareExport(command)),
    saveZip: ({ form }) => this.task("save", () => this.exporting.zip(form, this.saveWatch())),
    saveFolder: ({ form, folder }) => this.task("save", () => this.exporting.into(form, folder, this.saveWatch())),
    speed: () => this.task("speed", () => this.measureSpeed()),
    selfCheck: () =>
      this.task("selfCheck", async () => {
        const report = reporter("selfCheck", "cases", (progress) => this.send({ type: "progress", progress }));
        return selfCheck(await this.device(), { onCase: report, cancelled: () => this.cancelled.has("selfCheck") });
      }),
    cancel: ({ task }) => {
      this.cancelled.add(task);
      if (task === "open") this.opening.abort();
      return Promise.resolve(null);
    },
  };

  /** Runs a task that `cancel` can stop. */
  private task<T>(task: Task, work: () => Promise<T>): Promise<T> {
    this.cancelled.delete(task);
    return work();
  }

  /** A run that is to end does not wait for the measurement in its middle. */
  private ending<T>(work: (open: NonNullable<Studio["open"]>) => Promise<T>): Promise<T> {
    this.cancelled.add("perplexity");
    return work(this.opened());
  }

  private async measureSpeed(): Promise<Replies["speed"]> {
    const { model: opened } = this.opened();
    const { masks, onnx } = await this.exporting.toMeasure(opened);
    const pruned = await this.pruned.of(this.context(), opened, masks);
    const { ids } = await this.texts.encoded(this.sources.evaluation);
    const report = reporter("speed", "parts", (progress) => this.send({ type: "progress", progress }));
    const subjects = { opened, pruned, ids, ...(onnx ? { onnx } : {}) };
    return measureSpeed(this.context(), subjects, { onPart: report, cancelled: () => this.cancelled.has("speed") });
  }

  private saveWatch(): SaveWatch {
    const report = reporter("save", "bytes", (progress) => this.send({ type: "progress", progress }));
    return { onBytes: report, cancelled: () => this.cancelled.has("save") };
  }

  private context(): Ctx {
    invariant(this.ctx, "no-webgpu", "no GPU device is open; open a model first");
    return this.ctx;
  }

  private opened(): NonNullable<Studio["open"]> {
    invariant(this.open, "bug", "no model is open");
    return this.open;
  }

  /** A device that works: the one at hand, or a new one after the old one was lost. */
  private async device(): Promise<Ctx> {
    if (this.ctx) return this.ctx;
    const gpu = await Gpu.open();
    const ctx = new Ctx(gpu);
    await gpu.checked("the first kernels", () => tuneMatmul(ctx));
    this.ctx = ctx;
    void gpu.lost.then((error) => {
      if (this.ctx !== ctx) return;
      this.lostModel = this.open?.model.fingerprint;
      this.ctx = undefined;
      this.open = undefined;
      this.pruned.forget();
      this.send({ type: "error", error: error.toPlain(), during: "device" });
    });
    return ctx;
  }

  private async openSource(source: CommandOf<"open">["source"]): Promise<ModelFacts> {
    this.opening = new AbortController();
    const { signal } = this.opening;
    const ctx = await this.device();
    const onProgress = this.phases("open");
    const folder = await folderOfSource(source, { signal, onProgress });
    const choice = source.choice ?? USUAL;
    const model = await openModel(ctx, folder, {
      precision: choice.precision,
      onConfig: async (config) => {
        const storageFreeBytes = await freeStorage();
        const onPlan = (news: PlanNews): void => this.send({ type: "plan", news, storageFreeBytes });
        await approvePlan(ctx.gpu.facts, folder.name, config, choice, onPlan);
      },
      cancelled: () => signal.aborted,
      onProgress: (done, of) => onProgress(done, of, "uploading to the GPU"),
    });
    await this.closeModel();
    // Masks and perplexities are numbers: those of a model whose device was lost are as good as before.
    if (this.lostModel !== model.fingerprint) {
      this.measuring.forget();
      this.forgetRun();
    }
    this.lostModel = undefined;
    this.measuring.window = choice.evaluationTokens;
    const layout = gateLayout(model.config);
    const running = new Running(
      ctx,
      model,
      this.send,
      (logits) => {
        this.logits = logits;
        this.sendArchitecture();
      },
      () => this.measureLive(),
    );
    this.open = { model, layout, budget: budgetOf(model.config), running };
    this.texts.use(model.tokenizer);
    await running.find();
    const facts = factsOf(ctx, model, await licenceOf(folder));
    if (source.kind === "hub" || source.kind === "cached")
      await noteCard(source.address, { family: facts.modelType, licence: facts.licence });
    return facts;
  }

  /** Progress of a task in phases that follow each other, each with its own pace. */
  private phases(task: Task): (done: number, of: number, note: string) => void {
    let phase = "";
    let report = reporter(task, "bytes", (progress) => this.send({ type: "progress", progress }));
    return (done, of, note) => {
      if (note !== phase) report = reporter(task, "bytes", (progress) => this.send({ type: "progress", progress }));
      phase = note;
      report(done, of, note);
    };
  }

  private async closeModel(): Promise<void> {
    if (!this.open) return;
    await this.open.running.pause();
    this.open.running.drop();
    this.pruned.free();
    this.open.model.model.free();
    this.context().freeStep();
    this.open = undefined;
  }

  private forgetRun(): void {
    this.logits = undefined;
    this.architecture = undefined;
    this.measuring.forget("pruned");
  }

  private async setTexts({ calibration, evaluation }: CommandOf<"texts">): Promise<Replies["texts"]> {
    const [trained, measured] = [await this.texts.encoded(calibration), await this.texts.encoded(evaluation)];
    this.sources = { calibration, evaluation };
    this.measuring.forget();
    return { calibrationTokens: trained.ids.length, evaluationTokens: measured.ids.length };
  }

  private async readyToRun(keep: number): Promise<Running> {
    this.keep = keep;
    return this.opened().running;
  }

  /** Moves the target: of the next step while training, of the masks at once where there are logits. */
  private target(keep: number): Architecture | null {
    this.keep = keep;
    const { session } = this.opened().running;
    if (session) session.keep = keep;
    return this.sendArchitecture();
  }

  private sendArchitecture(): Architecture | null {
    const { layout, budget } = this.opened();
    if (!this.logits) return null;
    this.architecture = architectureAt(this.logits, layout, budget, this.keep);
    this.send({ type: "architecture", architecture: this.architecture });
    return this.architecture;
  }

  private async prunedModel(): Promise<OpenedModel["model"]> {
    invariant(this.architecture, "config", "There is no pruned model yet: train for at least one step first.");
    return this.pruned.of(this.context(), this.opened().model, this.architecture.masks);
  }

  /** In the middle of a run. That it fails or is stopped must not end the run. */
  private async measureLive(): Promise<void> {
    try {
      await this.task("perplexity", () => this.measure("pruned", this.evaluationTokens));
    } catch (error) {
      const { code } = EngineError.from(error);
      if (code === "device-lost") throw error;
      if (code !== "cancelled")
        this.send({ type: "error", error: EngineError.from(error).toPlain(), during: "perplexity" });
    }
  }

  private async measure(subject: Subject, tokens: number): Promise<PerplexityResult> {
    const { model } = this.opened();
    const text = await this.texts.encoded(this.sources.evaluation);
    const subjectModel = subject === "dense" ? model.model : await this.prunedModel();
    const { keep, step } = (subject === "pruned" && this.architecture) || { keep: 1, step: 0 };
    const measurement = { subject, model: subjectModel, text, tokens, keep, step };
    return this.measuring.measure(this.context(), measurement, () => this.cancelled.has("perplexity"));
  }

  private async prepareExport({ forms, choice }: CommandOf<"prepareExport">): Promise<Replies["prepareExport"]> {
    const { model } = this.opened();
    const { architecture, logits } = this;
    invariant(architecture && logits, "config", "There is nothing to export yet: train for at least one step first.");
    const [calibration, evaluation] = [
      await this.texts.encoded(this.sources.calibration),
      await this.texts.encoded(this.sources.evaluation),
    ];
    const report = reporter("export", "bytes", (progress) => this.send({ type: "progress", progress }));
    return this.exporting.prepare(this.context(), model, architecture.masks, forms, {
      ids: evaluation.ids.slice(0, CHECK_TOKENS),
      receipt: {
        version: VERSION,
        adapter: this.context().gpu.facts.name,
        modelName: model.name,
        licence: await licenceOf(model.folder),
        recipe: { ...logits.recipe, keep: architecture.keep },
        target: { ratio: "block weights kept", value: architecture.keep },
        trainedSteps: architecture.step,
        calibration: { name: calibration.name, sha256: calibration.sha256 },
        perplexity: this.measuring.pairs(evaluation, architecture),
      },
      ...(choice.dtype ? { dtype: choice.dtype } : {}),
      ...(choice.shardBytes ? { shardBytes: choice.shardBytes } : {}),
      onProgress: (done, of, note) => report(done, of, note),
      cancelled: () => this.cancelled.has("export"),
    });
  }
}

function factsOf(ctx: Ctx, { name, config, dtype, weights, model }: OpenedModel, licence: string): ModelFacts {
  const { modelType, layers, dModel, dMlp, heads, kvHeads, headDim, vocab, context } = config;
  const { name: adapter, software } = ctx.gpu.facts;
  const shape = { modelType, layers, dModel, dMlp, heads, kvHeads, headDim, vocab, context };
  const parameters = countParameters(config);
  return {
    name,
    ...shape,
    dtype,
    parameters,
    fileBytes: weights.sizeBytes,
    gpuBytes: model.gpuBytes,
    licence,
    adapter: { name: adapter, software },
  };
}
