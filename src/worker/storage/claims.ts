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

/** Holds a thing together with others who hold it, so that nobody can claim it. */
export function hold(name: string): Promise<Release> {
  return new Promise((resolve, reject) => {
    const held = (): Promise<void> => new Promise((release) => resolve(() => release()));
    navigator.locks.request(name, { mode: "shared" }, held).catch(reject);
  });
}

/** Names of the locks that this worker holds, and of those that others hold. */
export async function heldLocks(): Promise<Record<"here" | "elsewhere", ReadonlySet<string>>> {
  // a lock of our own says which of the clients this worker is
  const probe = `probe/${crypto.randomUUID()}`;
  const { held = [] } = await navigator.locks.request(probe, {}, () => navigator.locks.query());
  const own = held.find(({ name }) => name === probe)?.clientId;
  const names = (here: boolean): ReadonlySet<string> =>
    new Set(held.flatMap(({ name = "", clientId }) => ((clientId === own) === here ? [name] : [])));
  return { here: names(true), elsewhere: names(false) };
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
