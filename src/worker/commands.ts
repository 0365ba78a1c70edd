// What the commands of the protocol do: with the model on the device, its texts, the run, and what is pruned now.
import { EngineError, invariant, selfCheck } from "../engine/index.ts";
import { DEFAULT_TEXTS, type TextSources } from "../shared/texts.ts";
import { compareTexts } from "./run/compareTexts.ts";
import { type CommonOptions, commonOptions } from "./export/exportPruned.ts";
import { PreparedExports } from "./export/preparedExports.ts";
import { recordOf } from "./run/runRecords.ts";
import { forgetCached, listCached } from "./storage/library.ts";
import { compareLosses } from "./run/compareLosses.ts";
import { Perplexities } from "./run/perplexities.ts";
import { ModelOnDevice, type Open } from "./run/modelOnDevice.ts";
import { exportNested } from "./export/exportNested.ts";
import { modelFacts, openModelSource } from "./storage/openModel.ts";
import { curvePoint } from "./run/ratioCurve.ts";
import type { Command, ExportChoice, ModelFacts, PerplexityResult, Replies, WorkerEvent } from "./protocol.ts";
import { idOf } from "./run/prunedModel.ts";
import { DENSE_ID } from "./prunedId.ts";
import { CurrentPruning } from "./run/currentPruning.ts";
import { TrainingRun } from "./run/trainingRun.ts";
import { measureSpeed } from "./export/speed.ts";
import { Tasks, type TaskControls } from "./tasks.ts";
import { type EncodedText, Texts } from "./storage/texts.ts";
import { pruneMlp, weightWindow } from "./run/weightPruning.ts";

type CommandOf<T extends Command["type"]> = Extract<Command, { type: T }>;
type Handlers = { [T in Command["type"]]: (command: CommandOf<T>) => Promise<Replies[T]> };

export class Commands {
  private readonly texts = new Texts();
  private readonly exporting = new PreparedExports();
  private readonly tasks: Tasks;
  private readonly measuring: Perplexities;
  private readonly held: ModelOnDevice;
  private readonly pruning: CurrentPruning;
  private sources: TextSources = DEFAULT_TEXTS;
  /** Tokens that perplexity was last asked for on. */
  private evaluationTokens = 4096;

  constructor(private readonly send: (event: WorkerEvent) => void) {
    this.tasks = new Tasks(send);
    this.measuring = new Perplexities(send);
    this.held = new ModelOnDevice((error) => send({ type: "error", error: error.toPlain(), during: "device" }));
    this.pruning = new CurrentPruning(this.held, this.measuring, send);
  }

  /** Does one command. What it throws is an EngineError or becomes one. */
  async handle<T extends Command["type"]>(command: CommandOf<T>): Promise<Replies[T]> {
    const handler = this.handlers[command.type] as (command: CommandOf<T>) => Promise<Replies[T]>;
    return handler(command);
  }

  private readonly handlers: Handlers = {
    open: ({ source }) => this.tasks.run("open", ({ signal }) => this.openSource(source, signal)),
    library: () => listCached(),
    forget: ({ address }) => forgetCached(address),
    texts: (sources) => this.setTexts(sources),
    play: ({ recipe }) => this.play(recipe),
    step: ({ recipe }) => this.play(recipe, 1),
    pause: () => this.ending(({ running }) => running.pause()),
    stop: () => this.ending(({ running }) => running.stop()),
    reset: () =>
      this.ending(async ({ running }) => {
        const state = await running.reset();
        this.pruning.forget();
        return state;
      }),
    target: ({ ratio }) => this.pruning.target(ratio),
    pruneWeights: ({ recipe }) => this.tasks.run("weights", (underway) => this.pruneWeights(recipe, underway)),
    weightWindow: (place) => {
      const { now } = this.pruning;
      invariant(now?.kind === "weights", "config", "no single weights are pruned now; prune some first");
      return weightWindow(this.held.opened().model, now, place);
    },
    record: ({ msPerToken }) => this.record(msPerToken),
    restore: ({ run }) => Promise.resolve(this.pruning.restore(run)),
    tokenLosses: (command) => this.tasks.run("losses", (underway) => this.tokenLosses(command, underway)),
    perplexity: (command) => {
      this.evaluationTokens = command.tokens;
      return this.tasks.run("perplexity", (underway) => this.measure(command, underway));
    },
    curve: (command) =>
      this.tasks.run("curve", async ({ cancelled }) =>
        curvePoint(this.pruning.aside(await this.text("evaluation")), command, cancelled),
      ),
    generate: (command) =>
      this.tasks.run("generate", async ({ cancelled }) => {
        const { model } = this.held.opened();
        const of = idOf(this.pruning.some());
        const models = { dense: model.model, pruned: await this.pruning.model() };
        return { ...(await compareTexts(this.held.context(), model, models, command, this.send, cancelled)), of };
      }),
    prepareExport: (command) => this.tasks.run("export", (underway) => this.prepareExport(command, underway)),
    prepareNested: (command) =>
      this.tasks.run("export", async (underway) => {
        const options = await this.exportOptions(command.choice, underway);
        const { report } = underway;
        return exportNested(this.pruning.aside(await this.text("evaluation")), this.exporting, command, {
          ...options,
          report,
        });
      }),
    saveZip: ({ form }) =>
      this.tasks.run("save", ({ report, cancelled }) =>
        this.exporting.zip(form, { onBytes: report("bytes"), cancelled }),
      ),
    saveFolder: ({ form, folder }) =>
      this.tasks.run("save", ({ report, cancelled }) =>
        this.exporting.into(form, folder, { onBytes: report("bytes"), cancelled }),
      ),
    speed: () => this.tasks.run("speed", (underway) => this.measureSpeed(underway)),
    selfCheck: () =>
      this.tasks.run("selfCheck", async ({ report, cancelled }) =>
        selfCheck(await this.held.device(), { onCase: report("cases"), cancelled }),
      ),
    cancel: ({ task }) => {
      this.tasks.stop(task);
      return Promise.resolve(null);
    },
  };

  private text(of: keyof TextSources): Promise<EncodedText> {
    return this.texts.encoded(this.sources[of]);
  }

  private async openSource(source: CommandOf<"open">["source"], signal: AbortSignal): Promise<ModelFacts> {
    const ctx = await this.held.device();
    const opening = await openModelSource(ctx, source, signal, this.send);
    const { model, choice } = opening;
    const running = new TrainingRun(
      ctx,
      model,
      this.send,
      (logits) => this.pruning.told(logits),
      () => this.measureLive(),
    );
    // Masks and perplexities are numbers: those of a model whose device was lost are as good as before.
    if (!(await this.held.replace(model, running))) {
      this.measuring.forget();
      this.pruning.forget();
    }
    this.measuring.window = choice.evaluationTokens;
    this.texts.use(model.tokenizer);
    await running.find();
    return modelFacts(ctx, opening, source);
  }

  private async setTexts({ calibration, evaluation }: CommandOf<"texts">): Promise<Replies["texts"]> {
    const [trained, measured] = [await this.texts.encoded(calibration), await this.texts.encoded(evaluation)];
    this.sources = { calibration, evaluation };
    this.measuring.forget();
    return { calibrationTokens: trained.ids.length, evaluationTokens: measured.ids.length };
  }

  private async play(recipe: CommandOf<"play">["recipe"], steps?: number): Promise<Replies["play"]> {
    this.pruning.ratio = recipe.ratio;
    const { running } = this.held.opened();
    return running.play(recipe, await this.text("calibration"), steps);
  }

  /** A run that is to end does not wait for the measurement in its middle; one that rests has none. */
  private ending<T>(work: (open: Open) => Promise<T>): Promise<T> {
    const open = this.held.opened();
    if (open.running.state.phase === "training") this.tasks.stop("perplexity");
    return work(open);
  }

  /** In the middle of a run. That it fails or is stopped must not end the run. */
  private async measureLive(): Promise<void> {
    try {
      const asked = { subject: "pruned", tokens: this.evaluationTokens } as const;
      await this.tasks.run("perplexity", (underway) => this.measure(asked, underway));
    } catch (error) {
      const { code } = EngineError.from(error);
      if (code === "device-lost") throw error;
      if (code !== "cancelled")
        this.send({ type: "error", error: EngineError.from(error).toPlain(), during: "perplexity" });
    }
  }

  private async measure(
    { subject, tokens }: Pick<CommandOf<"perplexity">, "subject" | "tokens">,
    { cancelled }: TaskControls,
  ): Promise<PerplexityResult> {
    const { model: opened } = this.held.opened();
    const text = await this.text("evaluation");
    const pruned = subject === "pruned" ? this.pruning.some() : undefined;
    const measurement = {
      ...{ subject, opened, text, tokens },
      id: pruned ? idOf(pruned) : DENSE_ID,
      ...(pruned?.kind === "gates" ? { masks: pruned.masks } : {}),
      model: () => (pruned ? this.held.pruned.of(this.held.context(), opened, pruned) : Promise.resolve(opened.model)),
    };
    return this.measuring.measure(this.held.context(), measurement, cancelled);
  }

  private async pruneWeights(
    recipe: CommandOf<"pruneWeights">["recipe"],
    { report, cancelled }: TaskControls,
  ): Promise<Replies["pruneWeights"]> {
    const { model: opened, running } = this.held.opened();
    invariant(running.state.phase !== "training", "config", "a run is under way: pause it, then prune single weights");
    const watch = { onProgress: report("parts"), cancelled };
    const { pruned, model } = await pruneMlp(
      this.held.context(),
      opened,
      await this.text("calibration"),
      recipe,
      watch,
    );
    return this.pruning.weights(pruned, model);
  }

  private async record(msPerToken: CommandOf<"record">["msPerToken"]): Promise<Replies["record"]> {
    const { now } = this.pruning;
    if (!now || !this.held.isOpen) return null;
    const { model } = this.held.opened();
    const [perplexity] = this.measuring.pairs(await this.text("evaluation"), now);
    const adapter = this.held.context().gpu.facts.name;
    return perplexity ? recordOf(model, now, { adapter, perplexity, msPerToken }) : null;
  }

  private async tokenLosses(
    { first, second, tokens }: CommandOf<"tokenLosses">,
    { report, cancelled }: TaskControls,
  ): Promise<Replies["tokenLosses"]> {
    return compareLosses(this.held.context(), this.held.opened().model, {
      ...{ first, second, tokens, context: this.measuring.window, text: await this.text("evaluation") },
      ...{ onProgress: report("windows"), cancelled },
    });
  }

  private async measureSpeed({ report, cancelled }: TaskControls): Promise<Replies["speed"]> {
    const { model: opened } = this.held.opened();
    const { pruned: prepared, onnx } = await this.exporting.toMeasure(opened);
    const { ids } = await this.text("evaluation");
    return this.pruning.lend(prepared, (pruned) => {
      const subjects = { opened, pruned, ids, ...(onnx ? { onnx } : {}) };
      return measureSpeed(this.held.context(), subjects, { onPart: report("parts"), cancelled });
    });
  }

  private async prepareExport(
    { forms, choice }: CommandOf<"prepareExport">,
    underway: TaskControls,
  ): Promise<Replies["prepareExport"]> {
    const { model } = this.held.opened();
    const { now } = this.pruning;
    invariant(now, "config", "There is nothing to export yet: train for at least one step, or prune weights.");
    const options = await this.exportOptions(choice, underway);
    const perplexity = this.measuring.pairs(await this.text("evaluation"), now);
    const checks = await this.exporting.prepare(this.held.context(), model, now, this.held.pruned, forms, {
      ...options,
      receipt: { ...options.receipt, perplexity },
      onProgress: underway.report("bytes"),
    });
    return { checks, of: idOf(now) };
  }

  private async exportOptions(choice: ExportChoice, { cancelled }: TaskControls): Promise<CommonOptions> {
    const { model } = this.held.opened();
    const options = await commonOptions(this.held.context(), model, await this.text("evaluation"), choice);
    return { ...options, cancelled };
  }
}
