// A training run in the worker: trains a session, sends metrics and gate logits a few times per second, and writes checkpoints.
import {
  type Checkpoint,
  type Ctx,
  EngineError,
  invariant,
  type OpenedModel,
  type Recipe,
  resumeNote,
  sameFields,
  Session,
  type StepReport,
  type TextRef,
} from "../../engine/index.ts";
import { throttle } from "../progress.ts";
import type { RunState, WorkerEvent } from "../protocol.ts";
import type { EncodedText } from "../storage/texts.ts";
import { CheckpointFiles } from "./checkpointFile.ts";
import { Pace } from "./pace.ts";
import type { GateLogits } from "./pruned.ts";

/** Reports per second while training. Each costs a read-back and a drawing. */
const REPORTS_PER_SECOND = 5;
/** How often the pruned model is measured during a run: at the first checkpoint after each of this many equal parts. */
const MEASUREMENTS = 6;

interface TrainingRunOptions {
  send: (event: WorkerEvent) => void;
  onLogits: (logits: GateLogits) => void;
  /** Measures the pruned model in the middle of a run, which waits for it. */
  measure: () => Promise<void>;
  /** Where checkpoints are stored; by default a store of its own. */
  files?: CheckpointFiles;
}

const NOT_STORED =
  "The run continues; its last checkpoint is in this tab's memory only, and is lost when the page is reloaded.";

const OTHER_TEXT =
  "calibration text: expected the one that the saved run was trained on, got another. Choose it under Run, then resume.";

export class TrainingRun {
  session: Session | undefined;
  state: RunState = { phase: "idle" };
  private readonly files: CheckpointFiles;
  /** The checkpoint on disk, until a run begins. */
  private checkpoint: Checkpoint | undefined;
  /** Makes gate logits from the checkpoint when the session that trained them is gone. */
  private restoredSession: Session | undefined;
  private pace = new Pace();
  private stopping = false;
  private pausing = false;
  /** Identifies the session's run. */
  private id = "";
  private calibration: TextRef = { name: "", sha256: "" };
  private measurements = 0;
  /** Settles when training pauses or ends; never rejects. */
  private training: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly ctx: Ctx,
    private readonly opened: OpenedModel,
    private readonly options: TrainingRunOptions,
  ) {
    this.files = options.files ?? new CheckpointFiles();
  }

  /** Looks for a checkpoint of this model, and reports one that can be resumed, which ones are damaged, and runs in other tabs. */
  async findCheckpoint(): Promise<void> {
    const { checkpoint, elsewhere, errors } = await this.files.find(this.opened.identity);
    for (const error of errors) this.options.send({ type: "error", error: error.toPlain(), during: "train" });
    this.options.send({ type: "runsElsewhere", runs: elsewhere });
    if (!checkpoint) return;
    this.checkpoint = checkpoint;
    this.offer(checkpoint);
  }

  private offer(checkpoint: Checkpoint): void {
    const { recipe, step } = checkpoint;
    const note = resumeNote(this.ctx, checkpoint);
    this.options.send({ type: "resumable", recipe, step, ...(note === undefined ? {} : { note }) });
  }

  /**
   * Starts a run, or continues the paused one, or the checkpoint's, if recipe and text allow it. Resolves when it pauses or ends. steps:
   * pauses after this many. resume: throws "config" where it would begin anew, which in the end removes the checkpoint.
   */
  train(
    recipe: Recipe,
    text: EncodedText,
    { steps, resume }: { steps?: number; resume?: true } = {},
  ): Promise<RunState> {
    const session = this.sessionFor(recipe, text, resume);
    const run = this.run(session, steps);
    this.training = run.catch(() => undefined);
    return run;
  }

  /**
   * Gate logits for a ratio. A run for every ratio makes them by a forward pass of its hypernetwork; if its session is gone with its
   * device, its checkpoint restores one. Other runs return the given logits, because their threshold alone moves.
   */
  async logitsAt(logits: GateLogits, ratio: number): Promise<GateLogits> {
    if (logits.recipe.ratioMode === "one") return logits;
    const session = this.session ?? this.restoredSession ?? this.restoreSession(logits);
    // The session may belong to another run that has not reported any logits yet.
    if (!session || (session === this.session && logits.run !== this.id)) return logits;
    const { step } = session;
    return { ...logits, step, values: await session.logits(ratio) };
  }

  /** Resolves when the current step has ended. */
  async pause(): Promise<RunState> {
    this.session?.pause();
    this.pausing = true;
    await this.training;
    this.pausing = false;
    return this.state;
  }

  /** Ends the run at the current step: it counts as done, and its architecture stays. */
  async stop(): Promise<RunState> {
    this.stopping = true;
    await this.pause();
    const { session, state } = this;
    if (session && state.phase === "paused") this.set({ phase: "done", step: state.step, of: state.of });
    return this.state;
  }

  /** Discards the run and its checkpoint. */
  async reset(): Promise<RunState> {
    await this.pause();
    this.freeSessions();
    this.checkpoint = undefined;
    await this.files.remove();
    this.set({ phase: "idle" });
    return this.state;
  }

  freeSessions(): void {
    this.session?.free();
    this.restoredSession?.free();
    this.session = undefined;
    this.restoredSession = undefined;
    this.pace = new Pace();
    this.measurements = 0;
  }

  private async run(session: Session, steps?: number): Promise<RunState> {
    const { steps: of } = session.recipe;
    this.stopping = false;
    this.set({ phase: "training", step: session.step, of });
    try {
      await session.run({
        due: throttle(REPORTS_PER_SECOND),
        ...(steps === undefined ? {} : { steps }),
        onReport: this.reporterOf(session),
        onCheckpoint: (checkpoint) => this.onCheckpoint(session, checkpoint),
      });
      await this.save(await session.checkpoint());
      await this.reportLatestLogits(session);
    } catch (error) {
      // What was trained since the last checkpoint may be broken, so go back to it.
      this.freeSessions();
      await this.findCheckpoint();
      const { checkpoint } = this;
      this.set(
        checkpoint ? { phase: "paused", step: checkpoint.step, of: checkpoint.recipe.steps } : { phase: "idle" },
      );
      throw error;
    }
    this.set({ phase: this.stopping || session.finished ? "done" : "paused", step: session.step, of });
    return this.state;
  }

  /** Makes the function that sends a session's reports, with the recent pace and the time left at it. */
  private reporterOf(session: Session): (report: StepReport) => void {
    const { steps: of } = session.recipe;
    this.pace.begin(session.step);
    return ({ step, metrics, logits }) => {
      this.set({ phase: "training", step, of });
      this.options.send({ type: "metrics", metrics: { ...metrics, ...this.pace.measure(step, of) } });
      this.reportLogits(session, step, logits);
    };
  }

  private async onCheckpoint(session: Session, checkpoint: Checkpoint): Promise<void> {
    await this.save(checkpoint);
    const due = Math.floor((MEASUREMENTS * session.step) / session.recipe.steps);
    // The run may have been paused while the checkpoint was written.
    if (due <= this.measurements || session.finished || this.pausing) return;
    this.measurements = due;
    await this.reportLatestLogits(session);
    await this.options.measure();
  }

  /** Reports the gate logits after the last update; those of a step report are from before it. */
  private async reportLatestLogits(session: Session): Promise<void> {
    this.reportLogits(session, session.step, await session.logits());
  }

  private reportLogits({ recipe, targets }: Session, step: number, values: Float32Array<ArrayBuffer>): void {
    this.options.onLogits({ run: this.id, values, step, recipe, targets, calibration: this.calibration });
  }

  private sessionFor(recipe: Recipe, text: EncodedText, resume = false): Session {
    const subject = `${this.opened.identity} ${text.sha256}`;
    const { session, checkpoint } = this;
    if (session && !session.finished && this.state.phase === "paused" && sameRun(session.recipe, recipe)) {
      session.ratio = recipe.ratio;
      return session;
    }
    invariant(this.state.phase !== "training", "bug", "a run is already training; pause it first");
    // training again what has ended is another run; only who resumes it wants it as it is
    const ended = checkpoint !== undefined && checkpoint.step >= checkpoint.recipe.steps && !resume;
    const continues = checkpoint?.subject === subject && sameRun(checkpoint.recipe, recipe) && !ended;
    if (resume && !continues) {
      if (checkpoint) this.offer(checkpoint);
      throw new EngineError("config", OTHER_TEXT);
    }
    this.freeSessions();
    const fresh = new Session(this.ctx, this.opened.model, { recipe, text: text.ids, subject });
    if (continues) {
      fresh.restore(checkpoint);
      // the target may have moved since then
      fresh.ratio = recipe.ratio;
    } else this.files.begin(this.opened.identity);
    this.checkpoint = undefined;
    this.id = crypto.randomUUID();
    // A run that continues after a pause keeps its text, also where another one was chosen meanwhile.
    this.calibration = { name: text.name, sha256: text.sha256 };
    this.session = fresh;
    return fresh;
  }

  /** A session of the checkpoint that only makes gate logits: it has no text, and the next run begins with a session of its own. */
  private restoreSession({ recipe, step }: GateLogits): Session | undefined {
    const { checkpoint } = this;
    if (checkpoint?.step !== step || !sameRun(checkpoint.recipe, recipe)) return undefined;
    const run = { recipe: checkpoint.recipe, text: new Uint32Array(0), subject: checkpoint.subject };
    const session = new Session(this.ctx, this.opened.model, run);
    session.restore(checkpoint);
    this.restoredSession = session;
    return session;
  }

  private async save(checkpoint: Checkpoint): Promise<void> {
    try {
      await this.files.write(checkpoint);
    } catch (error) {
      // A full disk must not end a run: it continues with checkpoints in memory, and the page shows the error.
      const { code, message, detail } = EngineError.from(error);
      const shown = new EngineError(code, `${message} ${NOT_STORED}`, detail);
      this.options.send({ type: "error", error: shown.toPlain(), during: "train" });
    }
  }

  private set(state: RunState): void {
    this.state = state;
    this.options.send({ type: "run", run: state });
  }
}

/** Whether a run with recipe `a` can continue with recipe `b`: only the target may differ. */
const sameRun = (a: Recipe, b: Recipe): boolean => sameFields({ ...a, ratio: 0 }, { ...b, ratio: 0 });
