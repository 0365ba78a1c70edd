// Decoders: from the texts of tokens to text. Each equals its namesake in the tokenizers library.
import type { JsonField } from "../json/jsonFields.ts";
import { bytesOfCharacters } from "./byteLevel.ts";
import { replaced } from "./growth.ts";
import { flagOr, isAbsent, makePart, type Makers, textOr } from "./part.ts";
import { readPattern } from "./pattern.ts";
import { utf8 } from "./unicode.ts";

/** Texts of tokens, to be joined in the end. */
type TokenDecoder = (tokens: readonly string[]) => readonly string[];

/** Throws "unsupported" for a type that is not computed. Without a decoder, tokens are joined by spaces. */
export function readDecoder(field: JsonField): TokenDecoder {
  return isAbsent(field) ? (tokens) => [tokens.join(" ")] : makePart(field, "decoder", MAKERS);
}

const MAKERS: Makers<TokenDecoder> = {
  Sequence: (field) => {
    const steps = field.get("decoders").list().map(readDecoder);
    return (tokens) => steps.reduce<readonly string[]>((done, step) => step(done), tokens);
  },
  ByteLevel: () => byteLevel,
  ByteFallback: () => byteFallback,
  Fuse: () => (tokens) => [tokens.join("")],
  Strip: (field) => strip(field.get("content").text(), field.get("start").count(), field.get("stop").count()),
  Replace: (field) => {
    const search = readPattern(field.get("pattern"));
    const content = field.get("content").text();
    return (tokens) => tokens.map((token) => replaced(token, search, { content, field }));
  },
  Metaspace: metaspace,
  WordPiece: wordPiece,
  BPEDecoder: (field) => {
    const suffix = textOr(field.get("suffix"), "</w>");
    return (tokens) => tokens.map((token, i) => token.replaceAll(suffix, i === tokens.length - 1 ? "" : " "));
  },
};

const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

const byteLevel: TokenDecoder = (tokens) => {
  const bytes: number[] = [];
  for (const token of tokens) for (const byte of bytesOfCharacters(token) ?? utf8(token)) bytes.push(byte);
  return [lenient.decode(Uint8Array.from(bytes))];
};

const BYTE = /^<0x([0-9a-fA-F]{2})>$/;

/** Runs of byte tokens as UTF-8; a run that is none becomes U+FFFD for each byte. */
const byteFallback: TokenDecoder = (tokens) => {
  const out: string[] = [];
  let bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length === 0) return;
    try {
      out.push(strict.decode(Uint8Array.from(bytes)));
    } catch {
      for (let i = 0; i < bytes.length; i++) out.push("\ufffd");
    }
    bytes = [];
  };
  for (const token of tokens) {
    const [, hex] = BYTE.exec(token) ?? [];
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else {
      flush();
      out.push(token);
    }
  }
  flush();
  return out;
};

function strip(content: string, start: number, stop: number): TokenDecoder {
  return (tokens) =>
    tokens.map((token) => {
      const characters = Array.from(token);
      let from = 0;
      while (from < start && characters[from] === content) from += 1;
      let to = characters.length;
      while (characters.length - to < stop && to > from && characters[to - 1] === content) to -= 1;
      return characters.slice(from, to).join("");
    });
}

function metaspace(field: JsonField): TokenDecoder {
  const mark = textOr(field.get("replacement"), "\u2581");
  const prepends = isAbsent(field.get("prepend_scheme"))
    ? flagOr(field.get("add_prefix_space"), true)
    : field.get("prepend_scheme").text() !== "never";
  return (tokens) =>
    tokens.map((token, i) => {
      const spaced = token.replaceAll(mark, " ");
      return i === 0 && prepends ? spaced.replace(/^ +/, "") : spaced;
    });
}

function wordPiece(field: JsonField): TokenDecoder {
  const prefix = textOr(field.get("prefix"), "##");
  const cleans = flagOr(field.get("cleanup"), true);
  return (tokens) =>
    tokens.map((token, i) => {
      const joined = i === 0 ? token : token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
      return cleans ? cleanUp(joined) : joined;
    });
}

/** Takes the space before punctuation and English contractions away. */
function cleanUp(text: string): string {
  const pairs = [
    [" .", "."],
    [" ?", "?"],
    [" !", "!"],
    [" ,", ","],
    [" ' ", "'"],
    [" n't", "n't"],
    [" 'm", "'m"],
  ];
  const more = [
    [" do not", " don't"],
    [" 's", "'s"],
    [" 've", "'ve"],
    [" 're", "'re"],
  ];
  return [...pairs, ...more].reduce((done, [from, to]) => done.replaceAll(from ?? "", to ?? ""), text);
}
