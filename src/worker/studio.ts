// The studio's state in the worker: the device, the open model, its texts, the run, and what the commands of the protocol do with them.
import {
  budgetOf,
  type Budget,
  Ctx,
  EngineError,
  type GateLayout,
  gateLayout,
  Gpu,
  invariant,
  type OpenedModel,
  selfCheck,
  tuneMatmul,
} from "../engine/index.ts";
import { compareTexts } from "./comparing.ts";
import { Exporting } from "./exporting.ts";
import { type CommonOptions, commonOptions } from "./delivering.ts";
import { recordOf, restored } from "./finished.ts";
import { compareLosses } from "./losses.ts";
import { Measuring } from "./measuring.ts";
import { factsOf, openSource } from "./opening.ts";
import { reporter } from "./pace.ts";
import type {
  Architecture,
  Command,
  ExportChoice,
  ModelFacts,
  PerplexityResult,
  Progress,
  Replies,
  Subject,
  Task,
  TextSource,
  WorkerEvent,
} from "./protocol.ts";
import { type Logits, placeOf, type Pruned, prunedAt, PrunedModel } from "./pruned.ts";
import { forgetCached, listCached } from "./library.ts";
import { curvePoint, type RunAside } from "./otherRatios.ts";
import { prepareNested } from "./nesting.ts";
import { Running } from "./running.ts";
import { measureSpeed } from "./speed.ts";
import { type EncodedText, Texts } from "./texts.ts";
import { pruneMlp, weightWindow } from "./weighing.ts";

const DEFAULT_TEXTS: { calibration: TextSource; evaluation: TextSource } = {
  calibration: { kind: "bundled", name: "sotu-train" },
  evaluation: { kind: "bundled", name: "sotu-held" },
};

type CommandOf<T extends Command["type"]> = Extract<Command, { type: T }>;
type Handlers = { [T in Command["type"]]: (command: CommandOf<T>) => Promise<Replies[T]> };

export class Studio {
  private readonly send: (event: WorkerEvent) => void;
  private readonly texts = new Texts();
  private readonly exporting = new Exporting();
  private readonly models = new PrunedModel();
  private readonly cancelled = new Set<Task>();
  private opening = new AbortController();
  private readonly measuring: Measuring;
  private sources = DEFAULT_TEXTS;
  private ctx: Ctx | undefined;
  private open: { model: OpenedModel; layout: GateLayout; budget: Budget; running: Running } | undefined;
  /** Fingerprint of the model that was open when the device was lost. */
  private lostModel: string | undefined;
  private logits: Logits | undefined;
  /** What "pruned" means now. */
  private pruned: Pruned | undefined;
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
    play: async ({ recipe }) => (await this.readyToRun(recipe.keep)).play(recipe, await this.text("calibration")),
    step: async ({ recipe }) => (await this.readyToRun(recipe.keep)).play(recipe, await this.text("calibration"), 1),
    pause: () => this.ending(({ running }) => running.pause()),
    stop: () => this.ending(({ running }) => running.stop()),
    reset: () =>
      this.ending(async ({ running }) => {
        const state = await running.reset();
        this.forgetRun();
        return state;
      }),
    target: ({ keep }) => this.target(keep),
    pruneWeights: ({ recipe }) => this.task("weights", () => this.pruneWeights(recipe)),
    weightWindow: (place) => {
      invariant(this.pruned?.kind === "weights", "config", "no single weights are pruned now; prune some first");
      return weightWindow(this.opened().model, this.pruned, place);
    },
    record: ({ msPerToken }) => this.record(msPerToken),
    restore: ({ run }) => Promise.resolve(this.restore(run)),
    tokenLosses: (command) => this.task("losses", () => this.tokenLosses(command)),
    perplexity: ({ subject, tokens }) => {
      this.evaluationTokens = tokens;
      return this.task("perplexity", () => this.measure(subject, tokens));
    },
    curve: (command) =>
      this.task("curve", async () => curvePoint(await this.aside(), command, () => this.cancelled.has("curve"))),
    generate: (command) =>
      this.task("generate", async () => {
        const { model } = this.opened();
        const models = { dense: model.model, pruned: await this.prunedModel() };
        return compareTexts(this.context(), model, models, command, this.send, () => this.cancelled.has("generate"));
      }),
    prepareExport: (command) => this.task("export", () => this.prepareExport(command)),
    prepareNested: (command) =>
      this.task("export", async () => {
        const watch = { report: (unit: Progress["unit"]) => this.watch("export", unit, "report").report };
        const options = await this.exportOptions(command.choice);
        return prepareNested(await this.aside(), this.exporting, command, { ...options, ...watch });
      }),
    saveZip: ({ form }) => this.task("save", () => this.exporting.zip(form, this.watch("save", "bytes", "onBytes"))),
    saveFolder: ({ form, folder }) =>
      this.task("save", () => this.exporting.into(form, folder, this.watch("save", "bytes", "onBytes"))),
    speed: () => this.task("speed", () => this.measureSpeed()),
    selfCheck: () =>
      this.task("selfCheck", async () => selfCheck(await this.device(), this.watch("selfCheck", "cases", "onCase"))),
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
    const { pruned: prepared, onnx } = await this.exporting.toMeasure(opened);
    const pruned = await this.models.of(this.context(), opened, prepared);
    const { ids } = await this.text("evaluation");
    const subjects = { opened, pruned, ids, ...(onnx ? { onnx } : {}) };
    return measureSpeed(this.context(), subjects, this.watch("speed", "parts", "onPart"));
  }

  /** How a long task tells its progress, under the name that it knows, and hears that it is to stop. */
  private watch<Name extends string>(
    task: Task,
    unit: Progress["unit"],
    name: Name,
  ): { [N in Name]: ReturnType<typeof reporter> } & { cancelled: () => boolean } {
    const report = reporter(task, unit, (progress) => this.send({ type: "progress", progress }));
    const told = { [name]: report } as { [N in Name]: ReturnType<typeof reporter> };
    return { ...told, cancelled: () => this.cancelled.has(task) };
  }

  private text(of: keyof typeof DEFAULT_TEXTS): Promise<EncodedText> {
    return this.texts.encoded(this.sources[of]);
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
      this.models.forget();
      this.send({ type: "error", error: error.toPlain(), during: "device" });
    });
    return ctx;
  }

  private async openSource(source: CommandOf<"open">["source"]): Promise<ModelFacts> {
    this.opening = new AbortController();
    const ctx = await this.device();
    const opening = await openSource(ctx, source, this.opening.signal, this.send);
    const { model, choice } = opening;
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
    return factsOf(ctx, opening, source);
  }

  private async closeModel(): Promise<void> {
    if (!this.open) return;
    await this.open.running.pause();
    this.open.running.drop();
    this.models.free();
    this.open.model.model.free();
    this.context().freeStep();
    this.open = undefined;
  }

  private forgetRun(): void {
    this.logits = undefined;
    this.pruned = undefined;
    this.measuring.forget("pruned");
  }

  private async pruneWeights(recipe: CommandOf<"pruneWeights">["recipe"]): Promise<Replies["pruneWeights"]> {
    const { model: opened, running } = this.opened();
    invariant(running.state.phase !== "training", "config", "a run is under way: pause it, then prune single weights");
    const watch = this.watch("weights", "parts", "onProgress");
    const { pruned, model } = await pruneMlp(this.context(), opened, await this.text("calibration"), recipe, watch);
    this.models.hold(pruned.masks, model);
    this.nowPruned(pruned);
    return pruned.told;
  }

  /** Other masks of the same place in a run, or none: what was measured is not theirs. */
  private nowPruned(pruned: Pruned): void {
    this.pruned = pruned;
    this.measuring.forget("pruned");
  }

  private async record(msPerToken: CommandOf<"record">["msPerToken"]): Promise<Replies["record"]> {
    const { pruned, open } = this;
    if (!pruned || !open) return null;
    const [perplexity] = this.measuring.pairs(await this.text("evaluation"), pruned);
    const adapter = this.context().gpu.facts.name;
    return perplexity ? recordOf(open.model, pruned, { adapter, perplexity, msPerToken }) : null;
  }

  private restore(run: CommandOf<"restore">["run"]): Replies["restore"] {
    const pruned = restored(run, this.opened().model);
    this.nowPruned(pruned);
    return pruned.kind === "gates" ? { architecture: pruned.architecture } : { weights: pruned.told };
  }

  private async tokenLosses({ first, second, tokens }: CommandOf<"tokenLosses">): Promise<Replies["tokenLosses"]> {
    return compareLosses(this.context(), this.opened().model, {
      ...{ first, second, tokens, context: this.measuring.window, text: await this.text("evaluation") },
      ...this.watch("losses", "windows", "onProgress"),
    });
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
  private async target(keep: number): Promise<Architecture | null> {
    this.keep = keep;
    const { running } = this.opened();
    const { session } = running;
    if (session) session.keep = keep;
    const made = this.logits && (await running.logitsAt(this.logits, keep));
    // A report or a reset may have come meanwhile.
    if (made && this.logits && made.step >= this.logits.step) this.logits = made;
    return this.open ? this.sendArchitecture() : null;
  }

  /** The run, to be asked for other ratios. */
  private async aside(): Promise<RunAside> {
    const { model: opened, running } = this.opened();
    const { logits, measuring } = this;
    invariant(logits, "config", "There is no run to ask for other ratios: train for at least one step.");
    const makeRoom = (): void => {
      // Weights that SparseGPT changed could not be made again.
      if (this.pruned?.kind === "gates") this.models.free();
    };
    return { ctx: this.context(), opened, running, logits, measuring, text: await this.text("evaluation"), makeRoom };
  }

  private sendArchitecture(): Architecture | null {
    const { layout, budget } = this.opened();
    if (!this.logits) return null;
    const pruned = prunedAt(this.logits, layout, budget, this.keep);
    if (this.pruned?.kind === "gates") this.pruned = pruned;
    else this.nowPruned(pruned);
    const { architecture } = pruned;
    this.send({ type: "architecture", architecture });
    return architecture;
  }

  private async prunedModel(): Promise<OpenedModel["model"]> {
    return this.models.of(this.context(), this.opened().model, this.somePruned());
  }

  private somePruned(): Pruned {
    invariant(this.pruned, "config", "There is no pruned model yet: train for at least one step, or prune weights.");
    return this.pruned;
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
    const { model: opened } = this.opened();
    const text = await this.text("evaluation");
    const pruned = subject === "pruned" ? this.somePruned() : undefined;
    const measurement = {
      ...{ subject, opened, text, tokens },
      ...(pruned ? placeOf(pruned) : { keep: 1, step: 0 }),
      ...(pruned?.kind === "gates" ? { masks: pruned.masks } : {}),
      model: () => (pruned ? this.models.of(this.context(), opened, pruned) : Promise.resolve(opened.model)),
    };
    return this.measuring.measure(this.context(), measurement, () => this.cancelled.has("perplexity"));
  }

  private async prepareExport({ forms, choice }: CommandOf<"prepareExport">): Promise<Replies["prepareExport"]> {
    const { model } = this.opened();
    const { pruned } = this;
    invariant(pruned, "config", "There is nothing to export yet: train for at least one step, or prune weights.");
    const options = await this.exportOptions(choice);
    const perplexity = this.measuring.pairs(await this.text("evaluation"), pruned);
    return this.exporting.prepare(this.context(), model, pruned, this.models, forms, {
      ...options,
      receipt: { ...options.receipt, perplexity },
      ...this.watch("export", "bytes", "onProgress"),
    });
  }

  private async exportOptions(choice: ExportChoice): Promise<CommonOptions> {
    const options = await commonOptions(this.context(), this.opened().model, await this.text("evaluation"), choice);
    return { ...options, cancelled: () => this.cancelled.has("export") };
  }
}
