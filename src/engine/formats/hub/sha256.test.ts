// The streaming hash compared with WebCrypto: lengths around block and padding boundaries, and pieces of various sizes.
import { describe, expect, it } from "vitest";
import { sha256 } from "../../model/open.ts";
import { Sha256 } from "./sha256.ts";

const bytesOf = (length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 13) & 0xff);

describe("Sha256", () => {
  it.each([0, 1, 3, 54, 55, 56, 57, 63, 64, 65, 111, 112, 119, 120, 127, 128, 129, 1000, 65_537])(
    "agrees with WebCrypto on %i bytes",
    async (length) => {
      const bytes = bytesOf(length);
      expect(new Sha256().update(bytes).hex()).toBe(await sha256(bytes));
    },
  );

  it.each([1, 7, 63, 64, 65, 100])("gives the same hash in pieces of %i bytes", async (piece) => {
    const bytes = bytesOf(777);
    const hash = new Sha256();
    for (let at = 0; at < bytes.length; at += piece) hash.update(bytes.subarray(at, at + piece));
    expect(hash.hex()).toBe(await sha256(bytes));
  });

  it("counts more bits than a 32-bit number holds", () => {
    const hash = new Sha256();
    const chunk = new Uint8Array(2 ** 24);
    for (let i = 0; i < 33; i += 1) hash.update(chunk);
    // sha256sum of 33 * 2^24 zero bytes
    expect(hash.hex()).toBe("34ee7fdbf2981413ea9fecf95748b077b97d154d100df6b88cd05433ce086f2e");
  });
});
