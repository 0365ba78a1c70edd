// The pace of a training run: a running mean of milliseconds per step, and the time left at it.

/** Weight of the latest measurement in the mean. */
const LATEST_WEIGHT = 0.3;

export class Pace {
  private msPerStep = 0;
  private last = { step: 0, at: 0 };

  /** Begins at a step, now: the time since the last measurement does not count, but the mean stays. */
  begin(step: number): void {
    this.last = { step, at: performance.now() };
  }

  /** The pace now, at a later step of `of`. */
  measure(step: number, of: number): { msPerStep: number; secondsLeft: number } {
    const now = performance.now();
    const latest = (now - this.last.at) / Math.max(1, step - this.last.step);
    this.msPerStep = this.msPerStep === 0 ? latest : (1 - LATEST_WEIGHT) * this.msPerStep + LATEST_WEIGHT * latest;
    this.last = { step, at: now };
    return { msPerStep: this.msPerStep, secondsLeft: (this.msPerStep * (of - step)) / 1000 };
  }
}
