// Gives up a device that has stopped: one that finishes nothing of what was submitted.

/** A GPU that finishes no submit for this long will not: a step is cut into submits of a few seconds at most. */
const ANSWER_MS = 10 * 60_000;

/** The part of a Gpu that is watched. */
interface Watched {
  readonly device: GPUDevice;
  readonly facts: { readonly software: boolean };
  abandon(reason: string): void;
}

export class AnswerWatch {
  /** When a submit was last seen to be done. */
  private answered = 0;

  constructor(private readonly gpu: Watched) {}

  /** Submits commands. On a software adapter, where a queue of sound submits may take hours, it is noted when they are done. */
  submit(commands: GPUCommandBuffer): void {
    const { queue } = this.gpu.device;
    queue.submit([commands]);
    if (!this.gpu.facts.software) return;
    queue.onSubmittedWorkDone().then(
      () => (this.answered = performance.now()),
      // the loss of the device is reported elsewhere
      () => undefined,
    );
  }

  /** Watches while something is waited for, until the returned function is called. */
  begin(): () => void {
    const begun = performance.now();
    let timer: ReturnType<typeof setTimeout>;
    const arm = (ms: number): void => {
      timer = setTimeout(() => {
        const left = ANSWER_MS - (performance.now() - Math.max(begun, this.answered));
        if (left > 0) arm(left);
        else this.gpu.abandon(`The GPU has not answered for ${ANSWER_MS / 60_000} minutes, so its device was closed.`);
      }, ms);
    };
    arm(ANSWER_MS);
    return () => clearTimeout(timer);
  }
}
