// A run in the worker: plays a session, sends metrics and architectures at a human pace, and keeps checkpoints.
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  EngineError,
  invariant,
  type OpenedModel,
  type Recipe,
  type StepReport,
  Session,
  type TextRef,
  type Ctx,
} from "../../engine/index.ts";
import { readFile, remove, writeFile } from "../storage/opfs.ts";
import { throttle } from "../progress.ts";
import type { Metrics, RunState, WorkerEvent } from "../protocol.ts";
import type { Logits } from "./prunedModel.ts";
import type { EncodedText } from "../storage/texts.ts";

/** Reports a second while training: each costs a read-back and a picture. */
const REPORTS_PER_SECOND = 5;
/** Times that the pruned model is measured during a run, at the checkpoints nearest behind equal parts of it. */
const MEASUREMENTS = 6;
/** Share of the newest pace in the running mean that time left is told from. */
const PACE_SHARE = 0.3;

const pathOf = (opened: OpenedModel): string => `checkpoints/${opened.fingerprint}.safetensors`;

export class TrainingRun {
  session: Session | undefined;
  state: RunState = { phase: "idle" };
  private restored: Checkpoint | undefined;
  /** Makes the logits of a run whose session is gone. */
  private resting: Session | undefined;
  private msPerStep = 0;
  private stopping = false;
  private pausing = false;
  /** Names the run of the session; another run never has it. */
  private name = "";
  private calibration: TextRef = { name: "", sha256: "" };
  private measuredShare = 0;
  /** Settles when the run under way does; never rejects. */
  private playing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly ctx: Ctx,
    private readonly opened: OpenedModel,
    private readonly send: (event: WorkerEvent) => void,
    private readonly onLogits: (logits: Logits) => void,
    /** Measures the pruned model in the middle of a run, which waits for it. */
    private readonly measure: () => Promise<void>,
  ) {}

  /** Looks for a checkpoint of this model and offers it. A damaged one is removed. */
  async find(): Promise<void> {
    const file = await readFile(pathOf(this.opened));
    if (!file || file.size === 0) return;
    try {
      const checkpoint = await decodeCheckpoint(new Uint8Array(await file.arrayBuffer()));
      if (!checkpoint.subject.startsWith(this.opened.fingerprint)) return;
      this.restored = checkpoint;
      this.send({ type: "resumable", recipe: checkpoint.recipe, step: checkpoint.step });
    } catch {
      await remove(pathOf(this.opened));
    }
  }

  /** Starts, goes on, or resumes; resolves when the run pauses or ends. `steps`: only so many. */
  play(recipe: Recipe, text: EncodedText, steps?: number): Promise<RunState> {
    const session = this.sessionFor(recipe, text);
    this.calibration = { name: text.name, sha256: text.sha256 };
    const run = this.run(session, steps);
    this.playing = run.catch(() => undefined);
    return run;
  }

  /**
   * The logits that `keep` is made from: of a run for every ratio a forward of the hypernetwork for it, of others the given ones, whose
   * threshold alone moves. Where the run's session is gone with its device, its checkpoint makes a new one.
   */
  async logitsAt(logits: Logits, ratio: number): Promise<Logits> {
    if (logits.recipe.ratioMode === "one") return logits;
    const session = this.session ?? this.resting ?? this.rested(logits);
    // The session may be another run's that has not told anything yet.
    if (!session || (session === this.session && logits.run !== this.name)) return logits;
    const { step } = session;
    return { ...logits, step, values: await session.logits(ratio) };
  }

  /** Resolves when the step under way has ended. */
  async pause(): Promise<RunState> {
    this.session?.pause();
    this.pausing = true;
    await this.playing;
    this.pausing = false;
    return this.state;
  }

  /** Ends the run where it is: it counts as done, and its architecture stays. */
  async stop(): Promise<RunState> {
    this.stopping = true;
    await this.pause();
    const { session, state } = this;
    if (session && state.phase === "paused") this.set({ phase: "done", step: state.step, of: state.of });
    return this.state;
  }

  /** Forgets the run and its checkpoint. */
  async reset(): Promise<RunState> {
    await this.pause();
    this.drop();
    this.restored = undefined;
    await remove(pathOf(this.opened));
    this.set({ phase: "idle" });
    return this.state;
  }

  drop(): void {
    this.session?.free();
    this.resting?.free();
    this.session = undefined;
    this.resting = undefined;
    this.msPerStep = 0;
    this.measuredShare = 0;
  }

  private async run(session: Session, steps?: number): Promise<RunState> {
    const { steps: of } = session.recipe;
    this.stopping = false;
    this.set({ phase: "training", step: session.step, of });
    try {
      await session.run({
        due: throttle(REPORTS_PER_SECOND),
        ...(steps === undefined ? {} : { steps }),
        onReport: this.reportPace(session),
        onCheckpoint: (checkpoint) => this.onCheckpoint(session, checkpoint),
      });
      await this.save(await session.checkpoint());
      await this.sendLogits(session);
    } catch (error) {
      // What was trained since the last checkpoint may be broken: go back to it.
      this.drop();
      await this.find();
      const { restored } = this;
      this.set(restored ? { phase: "paused", step: restored.step, of: restored.recipe.steps } : { phase: "idle" });
      throw error;
    }
    this.set({ phase: this.stopping || session.finished ? "done" : "paused", step: session.step, of });
    return this.state;
  }

  /** Sends what a session reports, with the pace of late and the time left at it. */
  private reportPace(session: Session): (report: StepReport) => void {
    const { steps: of } = session.recipe;
    let last = { step: session.step, at: performance.now() };
    return (report) => {
      const now = performance.now();
      const pace = (now - last.at) / Math.max(1, report.step - last.step);
      this.msPerStep = this.msPerStep === 0 ? pace : (1 - PACE_SHARE) * this.msPerStep + PACE_SHARE * pace;
      last = { step: report.step, at: now };
      this.set({ phase: "training", step: report.step, of });
      this.send({ type: "metrics", metrics: metricsOf(report, this.msPerStep, of) });
      this.sendAt(session, report.step, report.logits);
    };
  }

  private async onCheckpoint(session: Session, checkpoint: Checkpoint): Promise<void> {
    await this.save(checkpoint);
    const { steps } = session.recipe;
    const share = Math.floor((MEASUREMENTS * session.step) / steps);
    // A pause may have come while the checkpoint was written.
    if (share <= this.measuredShare || session.finished || this.pausing) return;
    this.measuredShare = share;
    await this.sendLogits(session);
    await this.measure();
  }

  /** The logits after the last update; those of a report are from before it. */
  private async sendLogits(session: Session): Promise<void> {
    this.sendAt(session, session.step, await session.logits());
  }

  private sendAt({ recipe }: Session, step: number, values: Float32Array<ArrayBuffer>): void {
    this.onLogits({ run: this.name, values, step, recipe, calibration: this.calibration });
  }

  private sessionFor(recipe: Recipe, text: EncodedText): Session {
    const subject = `${this.opened.fingerprint} ${text.sha256}`;
    const { session, restored } = this;
    if (session && !session.finished && this.state.phase === "paused" && sameRun(session.recipe, recipe)) {
      session.ratio = recipe.ratio;
      return session;
    }
    invariant(this.state.phase !== "training", "bug", "a run is under way already; pause it first");
    this.drop();
    const fresh = new Session(this.ctx, this.opened.model, { recipe, text: text.ids, subject });
    if (restored?.subject === subject && sameRun(restored.recipe, recipe)) fresh.restore(restored);
    this.restored = undefined;
    this.name = crypto.randomUUID();
    this.session = fresh;
    return fresh;
  }

  /** A session that only makes logits: it has no text, and the next run begins with one of its own. */
  private rested({ recipe, step }: Logits): Session | undefined {
    const { restored } = this;
    if (restored?.step !== step || !sameRun(restored.recipe, recipe)) return undefined;
    const run = { recipe: restored.recipe, text: new Uint32Array(0), subject: restored.subject };
    this.resting = new Session(this.ctx, this.opened.model, run);
    this.resting.restore(restored);
    return this.resting;
  }

  private async save(checkpoint: Checkpoint): Promise<void> {
    try {
      await writeFile(pathOf(this.opened), [await encodeCheckpoint(checkpoint)]);
    } catch (error) {
      // A full disk must not end a run: it goes on without checkpoints, and the page says so.
      this.send({ type: "error", error: EngineError.from(error).toPlain(), during: "train" });
    }
  }

  private set(state: RunState): void {
    this.state = state;
    this.send({ type: "run", run: state });
  }
}

/** Whether a run with recipe `a` can go on under recipe `b`: only the target may differ. */
function sameRun(a: Recipe, b: Recipe): boolean {
  return JSON.stringify({ ...a, ratio: 0 }) === JSON.stringify({ ...b, ratio: 0 });
}

function metricsOf({ metrics, step }: StepReport, msPerStep: number, of: number): Metrics {
  return {
    step: Uint32Array.from(metrics, (one) => one.step),
    loss: Float32Array.from(metrics, (one) => one.loss),
    penalty: Float32Array.from(metrics, (one) => one.penalty),
    kept: Float32Array.from(metrics, (one) => one.kept),
    target: Float32Array.from(metrics, (one) => one.target),
    msPerStep,
    secondsLeft: (msPerStep * (of - step)) / 1000,
  };
}
