// Requests to a server that may fail: what is tried again, after which pause, and what each refusal means to the reader.
import { EngineError } from "../../errors.ts";

/** How downloads behave; tests pass smaller numbers. */
export const DOWNLOAD_LIMITS = {
  /** Requests under way at once. */
  parallel: 5,
  /** Tries of one request; each goes on from the last byte. */
  tries: 3,
  /** Pause after the first failed try; doubled after each further one. */
  backoffMs: 1000,
  /** A server's own wish for a pause (Retry-After) is honoured up to this. */
  longestPauseMs: 60_000,
  /** A connection that sends nothing for so long is given up. */
  stallMs: 30_000,
  /** Files are fetched in ranges of this size. */
  partBytes: 16 * 1024 * 1024,
};
export type DownloadLimits = typeof DOWNLOAD_LIMITS;

/** The way to the web, handed in so that tests have their own. */
export interface Web {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  signal: AbortSignal;
  limits: DownloadLimits;
  /** Where the hub's names are looked up. */
  hub: string;
}

/** What a request is for, in the words of its error. */
export interface Purpose {
  /** "model.safetensors of org/name". */
  what: string;
  /** The page where its licence is accepted; absent for servers other than the hub. */
  page?: string;
}

/** A failure that may pass: the request is tried again. */
export class PassingFault extends Error {
  readonly pauseMs: number;

  constructor(message: string, pauseMs = 0) {
    super(message);
    this.pauseMs = pauseMs;
  }
}

const cancelled = (): EngineError =>
  new EngineError(
    "cancelled",
    "The download was stopped; what has arrived is kept, and the next try goes on from there.",
  );

/**
 * Does `attempt` up to `limits.tries` times. Its signal ends when the whole download is stopped, or when `alive` was not called for
 * `limits.stallMs`. Throws "cancelled", "network" when the last try failed too, or the EngineError of the attempt at once.
 */
export async function withTries<T>(
  web: Web,
  { what }: Purpose,
  attempt: (signal: AbortSignal, alive: () => void) => Promise<T>,
): Promise<T> {
  const { tries, backoffMs, longestPauseMs, stallMs } = web.limits;
  for (let n = 1; ; n += 1) {
    if (web.signal.aborted) throw cancelled();
    const stalled = new AbortController();
    let timer = setTimeout(() => stalled.abort(), stallMs);
    const alive = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => stalled.abort(), stallMs);
    };
    try {
      return await attempt(AbortSignal.any([web.signal, stalled.signal]), alive);
    } catch (error) {
      if (error instanceof EngineError) throw error;
      if (web.signal.aborted) throw cancelled();
      const reason = stalled.signal.aborted
        ? `nothing came for ${stallMs / 1000} s`
        : error instanceof PassingFault
          ? error.message
          : `the connection failed (${error instanceof Error ? error.message : "unknown"})`;
      if (n >= tries) {
        throw new EngineError(
          "network",
          `${what} could not be fetched in ${tries} tries; at last ${reason}. Check the connection and that the server lets other pages read it (CORS), and try again: what has arrived is kept.`,
          { what, tries, reason },
        );
      }
      const wished = error instanceof PassingFault ? error.pauseMs : 0;
      await pause(Math.min(longestPauseMs, Math.max(wished, backoffMs * 2 ** (n - 1))), web.signal);
    } finally {
      clearTimeout(timer);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(cancelled());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}

const PASSING_STATUS = [408, 425, 429, 500, 502, 503, 504];

/** Throws PassingFault for what may pass (busy, overloaded), EngineError("network") with the meaning of every other refusal. */
export function checkStatus(response: Response, { what, page }: Purpose): void {
  const { status, headers } = response;
  if (response.ok) return;
  if (PASSING_STATUS.includes(status)) {
    const seconds = Number(headers.get("Retry-After") ?? 0);
    throw new PassingFault(`the server answered ${status} (busy)`, Number.isFinite(seconds) ? 1000 * seconds : 0);
  }
  throw new EngineError("network", refusal(status, headers.get("X-Error-Code") ?? "", what, page), { what, status });
}

const BY_HAND =
  "download its files there (config.json, tokenizer.json, *.safetensors, or one .gguf) and drop the folder on this page";

function refusal(status: number, code: string, what: string, page: string | undefined): string {
  if (status === 404 || status === 410) {
    const near = page
      ? `look at ${page} whether the name, the revision and the file are spelt so`
      : "check the address";
    return `There is no ${what} (the server answered ${status}): ${near}.`;
  }
  if (status !== 401 && status !== 403)
    return `The server refused ${what} with status ${status}. Open the address in the browser to see what it says.`;
  if (!page)
    return `The server keeps ${what} to those who may read it (it answered ${status}). Sign in there in the browser, ${BY_HAND}.`;
  if (code === "GatedRepo" || status === 403) return gatedRefusal(what, page);
  return `The hub does not show ${what} (it answered ${status}): the name is misspelt, or the model is private or gated. Look at ${page}; where you have access, ${BY_HAND}.`;
}

/** The message about a gated model: whose licence must be accepted first. */
export function gatedRefusal(what: string, page: string): string {
  return `${what} is gated: its licence has to be accepted first, and this page signs in nowhere. Accept it on ${page} in the browser, ${BY_HAND}.`;
}
