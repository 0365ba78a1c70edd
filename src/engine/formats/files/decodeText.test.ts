// Texts by their bytes: marks, UTF-16, and what is refused at which position. Compared with TextDecoder and Node's encoders.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EngineError } from "../../errors.ts";
import { decodeText } from "./decodeText.ts";

const TEXT = "Gentlemen — “it’s” 1863; 世界 \u{1f40b} é\r\n";
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const utf16le = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "utf16le"));
const utf16be = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "utf16le").swap16());
const utf32le = (text: string): Uint8Array =>
  new Uint8Array(Uint32Array.from(text, (character) => character.codePointAt(0)!).buffer);
const joined = (...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

function refusal(bytes: Uint8Array): EngineError {
  try {
    decodeText("a.txt", bytes);
  } catch (error) {
    if (error instanceof EngineError) return error;
  }
  throw new Error("expected a refusal");
}

it("drops the mark of UTF-8, but keeps U+FEFF elsewhere", () => {
  expect(decodeText("a", utf8(TEXT))).toBe(TEXT);
  expect(decodeText("a", joined([0xef, 0xbb, 0xbf], utf8(TEXT)))).toBe(TEXT);
  expect(decodeText("a", utf8(`\ufeff\ufeffa\ufeff`))).toBe("\ufeffa\ufeff");
  expect(decodeText("a", new Uint8Array(0))).toBe("");
});

it("decodes UTF-16 by its mark, in both orders", () => {
  expect(decodeText("a", joined([0xff, 0xfe], utf16le(TEXT)))).toBe(TEXT);
  expect(decodeText("a", joined([0xfe, 0xff], utf16be(TEXT)))).toBe(TEXT);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const plain = text.replaceAll("\0", "0");
      expect(decodeText("a", joined([0xff, 0xfe], utf16le(plain)))).toBe(plain);
      expect(decodeText("a", joined([0xfe, 0xff], utf16be(plain)))).toBe(plain);
    }),
  );
});

describe("what is not text is refused with its name and the position", () => {
  it.each<[string, Uint8Array, number, string]>([
    ["Latin-1", joined(utf8("café ".slice(0, 3)), [0xe9, 0x20]), 3, "got 0xE9"],
    ["a lone continuation", joined(utf8("é"), [0x80]), 2, "got 0x80"],
    ["an overlong form", joined(utf8("a"), [0xc0, 0xaf]), 1, "got 0xC0"],
    ["a surrogate in UTF-8", Uint8Array.of(0x61, 0x62, 0xed, 0xa0, 0x80), 2, "got 0xED"],
    ["a character beyond Unicode", Uint8Array.of(0xf4, 0x90, 0x80, 0x80), 0, "got 0xF4"],
    ["a cut character", utf8("a世").subarray(0, 3), 1, "got 0xE4, a character that the end of the file cuts"],
    ["one byte of Latin-1 at the end", Uint8Array.of(0x63, 0x61, 0x66, 0xe9), 3, "got 0xE9"],
    ["an unpaired surrogate", joined([0xff, 0xfe], utf16le("ab\ud83dc")), 6, "expected UTF-16LE text"],
    ["the second half alone", joined([0xfe, 0xff], utf16be("a\udc0bc")), 4, "expected UTF-16BE text"],
    ["half a unit", joined([0xff, 0xfe], utf16le("ab"), [0x63]), 6, "half a unit at the end"],
    ["UTF-32", joined([0xff, 0xfe, 0, 0], utf32le(TEXT)), 0, "UTF-32"],
    ["UTF-32, big endian", Uint8Array.of(0, 0, 0xfe, 0xff, 0, 0, 0, 0x61), 0, "UTF-32"],
    ["UTF-16 without a mark", utf16le("plain words"), 1, "UTF-16 or UTF-32 without a mark"],
    ["UTF-32 without a mark", utf32le("plain words"), 1, "without a mark"],
    ["zeros", new Uint8Array(1000), 0, "1000 of 1000 characters"],
  ])("%s", (_, bytes, at, got) => {
    const error = refusal(bytes);
    expect(error).toMatchObject({ code: "format", detail: { file: "a.txt", byte: at } });
    expect(error.message).toContain(`a.txt: byte ${at}: expected UTF-`);
    expect(error.message).toContain(got);
  });

  it("in any bytes, exactly where TextDecoder refuses them", () => {
    const unit = fc.constantFrom(0x61, 0xc3, 0xa9, 0xe4, 0xb8, 0x96, 0xed, 0xf0, 0x9f, 0x90, 0x8b, 0xf4, 0x80, 0xff);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), fc.array(unit, { maxLength: 12 }), (random, likely) => {
        for (const bytes of [random, Uint8Array.from(likely)].map((tail) => joined([0x61], tail))) {
          const decodes = (end: number): boolean => {
            try {
              new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, end), { stream: true });
              return true;
            } catch {
              return false;
            }
          };
          // the decoder refuses a wrong character within its four bytes
          if (decodes(bytes.length)) continue;
          const { byte } = refusal(bytes).detail as { byte: number };
          expect(decodes(byte)).toBe(true);
          expect(decodes(Math.min(bytes.length, byte + 4))).toBe(false);
        }
      }),
    );
  });
});

it("keeps a text with a few NUL characters", () => {
  const text = `${"words and more words ".repeat(20)}\0`;
  expect(decodeText("a", utf8(text))).toBe(text);
});
