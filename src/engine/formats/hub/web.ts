// Requests that may fail: what is retried, after which pause, and how each refusal is explained.
import { EngineError } from "../../errors.ts";

/** Settings of downloads; tests use smaller numbers. */
export const DOWNLOAD_LIMITS = {
  /** Simultaneous requests. */
  parallel: 5,
  /** Attempts per request; each resumes from the last byte. */
  tries: 3,
  /** Pause after the first failed attempt; doubled after each further one. */
  backoffMs: 1000,
  /** Upper limit for a pause that the server requests (Retry-After). */
  longestPauseMs: 60_000,
  /** A connection without data for this long is abandoned. */
  stallMs: 30_000,
  /** Size of the ranges in which files are fetched. */
  partBytes: 16 * 1024 * 1024,
};
export type DownloadLimits = typeof DOWNLOAD_LIMITS;

/** Access to the web, passed in so that tests can replace it. */
export interface Web {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  signal: AbortSignal;
  limits: DownloadLimits;
  /** Address of the hub. */
  hub: string;
}

/** What a request is for, as errors put it. */
export interface Purpose {
  /** "model.safetensors of org/name". */
  what: string;
  /** The page where its licence is accepted; absent for servers other than the hub. */
  page?: string;
}

/** A temporary failure: the request is retried. */
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
    "The download was cancelled; what has arrived is kept, and the next attempt resumes from there.",
  );

/** Watches a transfer: aborts `signal` when `alive` was not called for `stallMs`. Call `end` when the transfer has ended. */
export function stallWatch(stallMs: number): { signal: AbortSignal; alive(): void; end(): void } {
  const stalled = new AbortController();
  const start = (): ReturnType<typeof setTimeout> => setTimeout(() => stalled.abort(), stallMs);
  let timer = start();
  const end = (): void => clearTimeout(timer);
  const alive = (): void => {
    end();
    timer = start();
  };
  return { signal: stalled.signal, alive, end };
}

/** Why a transfer ended, as the end of a sentence. */
export function failureReason(error: unknown, stalled: AbortSignal, stallMs: number): string {
  return stalled.aborted
    ? `no data arrived for ${stallMs / 1000} s`
    : `the connection failed (${error instanceof Error ? error.message : "unknown"})`;
}

/**
 * Runs `attempt` up to `limits.tries` times. Its signal aborts when the download is cancelled, or when `alive` was not called for
 * `limits.stallMs`. Throws "cancelled", "network" when the last attempt fails, and an EngineError of an attempt immediately.
 */
export async function withTries<T>(
  web: Web,
  { what }: Purpose,
  attempt: (signal: AbortSignal, alive: () => void) => Promise<T>,
): Promise<T> {
  const { tries, backoffMs, longestPauseMs, stallMs } = web.limits;
  for (let n = 1; ; n += 1) {
    if (web.signal.aborted) throw cancelled();
    const stalled = stallWatch(stallMs);
    try {
      return await attempt(AbortSignal.any([web.signal, stalled.signal]), stalled.alive);
    } catch (error) {
      if (error instanceof EngineError) throw error;
      if (web.signal.aborted) throw cancelled();
      const passing = error instanceof PassingFault && !stalled.signal.aborted;
      const reason = passing ? error.message : failureReason(error, stalled.signal, stallMs);
      if (n >= tries) {
        throw new EngineError(
          "network",
          `${what} could not be fetched in ${tries} attempts; the last one failed because ${reason}. Check the connection, and whether the server allows other pages to read it (CORS), then try again: what has arrived is kept.`,
          { what, tries, reason },
        );
      }
      const requested = error instanceof PassingFault ? error.pauseMs : 0;
      await pause(Math.min(longestPauseMs, Math.max(requested, backoffMs * 2 ** (n - 1))), web.signal);
    } finally {
      stalled.end();
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

/** Throws PassingFault for temporary refusals (busy, overloaded), EngineError("network") with an explanation for all others. */
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
  "download its files there (config.json, tokenizer.json and *.safetensors, or one .gguf) and drop the folder on this page";

function refusal(status: number, code: string, what: string, page: string | undefined): string {
  if (status === 404 || status === 410) {
    const advice = page ? `Check on ${page} that name, revision and file are spelt correctly.` : "Check the address.";
    return `There is no ${what} (the server answered ${status}). ${advice}`;
  }
  if (status !== 401 && status !== 403)
    return `The server refused ${what} with status ${status}. Open the address in the browser to see its message.`;
  if (!page)
    return `The server gives no access to ${what} (it answered ${status}). Sign in there in the browser, ${BY_HAND}.`;
  if (code === "GatedRepo" || status === 403) return gatedRefusal(what, page);
  return `The hub does not show ${what} (it answered ${status}): the name is misspelt, or the model is private or gated. Look at ${page}; if you have access, ${BY_HAND}.`;
}

/** The message for a gated model, whose licence must be accepted first. */
export function gatedRefusal(what: string, page: string): string {
  return `${what} is gated: its licence must be accepted first, and Espalier cannot sign in. Accept it on ${page} in the browser, ${BY_HAND}.`;
}
