// Which tab owns what in the origin's storage: a Web Lock per thing, held until it is given up or the tab is gone.

/** How long a claim waits for the page before a reload, whose worker may still be ending. */
const GRACE_MS = 400;

/** Gives up what was claimed. */
export type Release = () => void;

/** Claims a thing for this worker. Returns undefined where another tab holds it. */
export function claim(name: string): Promise<Release | undefined> {
  return new Promise((resolve) => {
    const held = (): Promise<void> => new Promise((release) => resolve(() => release()));
    navigator.locks.request(name, { signal: AbortSignal.timeout(GRACE_MS) }, held).catch(() => resolve(undefined));
  });
}

/** What one worker has claimed and keeps. */
export class Claims {
  private readonly kept = new Map<string, Release>();

  /** Whether a thing belongs to this worker, which claims it if nobody else has. */
  async owns(name: string): Promise<boolean> {
    if (this.kept.has(name)) return true;
    const release = await claim(name);
    if (release) this.kept.set(name, release);
    return release !== undefined;
  }

  /** Gives up everything but one thing. */
  keepOnly(name: string): void {
    for (const [other, release] of this.kept) {
      if (other === name) continue;
      release();
      this.kept.delete(other);
    }
  }
}
