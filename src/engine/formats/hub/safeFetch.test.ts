// Redirects: https stays https, and only a user names a private network.
import { expect, test } from "vitest";
import { isPrivateHost, safeFetch } from "./safeFetch.ts";

/** A fetch whose redirects end at `to`. */
const endingAt = (to: string, cancelled: string[] = []) =>
  safeFetch(() => {
    const response = new Response(new ReadableStream({ cancel: () => void cancelled.push(to) }));
    Object.defineProperty(response, "url", { value: to });
    return Promise.resolve(response);
  });

test.each([
  ["https://a.example/f", "http://b.example/f", "got a redirect to http://b.example, which is not https"],
  ["https://a.example/f", "http://127.0.0.1:9/f", "got a redirect to http://127.0.0.1:9, which is not https"],
  [
    "https://a.example/f",
    "https://192.168.0.1/f",
    "got a redirect to https://192.168.0.1, which is in a private network",
  ],
  ["https://a.example/f", "https://router.lan/f", "which is in a private network"],
  ["https://a.example/f", "https://[fe80::1]/f", "which is in a private network"],
  ["http://localhost:8000/f", "http://10.0.0.1/f", "which is in a private network"],
])("%s that ends at %s is refused, and its body is not read", async (from, to, message) => {
  const cancelled: string[] = [];
  await expect(endingAt(to, cancelled)(from, {})).rejects.toMatchObject({
    code: "network",
    message: expect.stringContaining(message) as string,
  });
  expect(cancelled).toEqual([to]);
});

test.each([
  ["https://huggingface.co/a/resolve/main/f", "https://cdn-lfs.hf.co/f"],
  ["http://localhost:8000/f", "http://localhost:8000/g"],
  ["http://localhost:8000/f", "https://a.example/f"],
  ["https://192.168.0.1/f", "https://192.168.0.1/g"],
])("%s may end at %s", async (from, to) => {
  expect((await endingAt(to)(from, {})).url).toBe(to);
});

test.each([
  "localhost",
  "a.localhost",
  "127.1.2.3",
  "10.0.0.1",
  "172.16.0.1",
  "172.31.9.9",
  "169.254.169.254",
  "100.64.0.1",
])("%s is private", (host) => expect(isPrivateHost(host)).toBe(true));
test.each([
  "0.0.0.0",
  "[::1]",
  "[::]",
  "[fd00::1]",
  "[fe80::1]",
  "[::ffff:a00:1]",
  "printer",
  "nas.local",
  "x.internal",
])("%s is private, too", (host) => expect(isPrivateHost(host)).toBe(true));
test.each(["huggingface.co", "8.8.8.8", "172.32.0.1", "100.128.0.1", "[2606:4700::1]", "local.example", "11.0.0.1"])(
  "%s is public",
  (host) => expect(isPrivateHost(host)).toBe(false),
);
