// Files of the page itself: what is not the expected file is refused by name, and no wait is without an end.
import { afterEach, expect, test, vi } from "vitest";
import { sha256 } from "../../engine/model/open.ts";
import { fetchOwnFile } from "./ownFile.ts";

type Answer = (signal: AbortSignal) => Promise<Response>;

/** Answers the page's requests; returns their addresses. */
function serve(answer: Answer): string[] {
  const urls: string[] = [];
  vi.stubGlobal("self", { location: { origin: "http://localhost", pathname: "/studio/assets/host.js" } });
  vi.stubGlobal("fetch", (url: URL, { signal }: { signal: AbortSignal }) => {
    urls.push(url.href);
    return answer(signal);
  });
  return urls;
}
afterEach(() => vi.unstubAllGlobals());

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
const never: Answer = aborted;
/** A body that sends one byte, and no more. */
const stalls: Answer = (signal) =>
  Promise.resolve(
    new Response(
      new ReadableStream({
        start: (body) => body.enqueue(Uint8Array.of(97)),
        pull: () => aborted(signal),
      }),
    ),
  );
const answers =
  (body: string, init?: ResponseInit): Answer =>
  () =>
    Promise.resolve(new Response(body, init));

const ABC = await sha256(new TextEncoder().encode("abc"));
const options = { what: "The text t.txt", advice: "Choose another.", sha256: ABC };

test("the right bytes", async () => {
  const urls = serve(answers("abc", { headers: { "Content-Length": "3" } }));
  const seen: number[] = [];
  const bytes = await fetchOwnFile("text/t.txt", { ...options, onBytes: (done, of) => seen.push(done, of) });
  expect(new TextDecoder().decode(bytes)).toBe("abc");
  expect([urls, seen]).toEqual([["http://localhost/studio/text/t.txt"], [3, 3]]);
});

test.each<[string, Answer, string, string]>([
  ["missing", answers("", { status: 404 }), "network", "could not be loaded (HTTP status 404). Choose another."],
  [
    "answered with the page",
    answers("<!doctype html>", { headers: { "Content-Type": "text/html" } }),
    "format",
    `: expected SHA-256 ${ABC}, got a web page. Choose another.`,
  ],
  ["another file", answers("abd"), "format", `: expected SHA-256 ${ABC}, got SHA-256 a52d159f`],
  [
    "refused",
    () => Promise.reject(new TypeError("Failed to fetch")),
    "network",
    "the connection failed (Failed to fetch)",
  ],
  ["never answered", never, "network", "could not be loaded: no data arrived for 0.05 s. Choose another."],
  ["stalled", stalls, "network", "no data arrived for 0.05 s"],
])("a file that is %s", async (_, answer, code, message) => {
  serve(answer);
  await expect(fetchOwnFile("text/t.txt", { ...options, stallMs: 50 })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message) as string,
  });
});

test("a cancel", async () => {
  serve(never);
  const stop = new AbortController();
  const fetched = fetchOwnFile("text/t.txt", { ...options, signal: stop.signal });
  stop.abort();
  await expect(fetched).rejects.toMatchObject({ code: "cancelled" });
});
