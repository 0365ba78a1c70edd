// Normalisers: what changes a text before it is cut into words. Each equals its namesake in the tokenizers library.
import type { JsonField } from "../json/jsonFields.ts";
import { toByteCharacters } from "./byteLevel.ts";
import { bounded, checkGrowth, replaced } from "./growth.ts";
import { flagOr, isAbsent, makePart, type Makers } from "./part.ts";
import type { Normalizer } from "./normalizer.ts";
import { readPattern } from "./pattern.ts";
import { readPrecompiled } from "./precompiled.ts";

/** Throws "unsupported" for a type that is not computed, "format" for fields of the wrong kind. */
export function readNormalizer(field: JsonField): Normalizer {
  return isAbsent(field) ? (text) => text : bounded(makePart(field, "normaliser", MAKERS), field);
}

const MAKERS: Makers<Normalizer> = {
  Sequence: (field) => {
    const steps = field.get("normalizers").list().map(readNormalizer);
    return (text, onMoved) => {
      let done = text;
      for (const step of steps) done = checkGrowth(text, step(done, onMoved), field);
      return done;
    };
  },
  NFC: () => (text) => text.normalize("NFC"),
  NFD: () => (text) => text.normalize("NFD"),
  NFKC: () => (text) => text.normalize("NFKC"),
  NFKD: () => (text) => text.normalize("NFKD"),
  Lowercase: () => lowercase,
  StripAccents: () => (text) => text.replace(/\p{M}/gu, ""),
  Strip: (field) => strip(flagOr(field.get("strip_left"), true), flagOr(field.get("strip_right"), true)),
  Prepend: (field) => {
    const prefix = field.get("prepend").text();
    return (text) => (text === "" ? text : prefix + text);
  },
  Replace: (field) => {
    const search = readPattern(field.get("pattern"));
    const content = field.get("content").text();
    return (text) => replaced(text, search, { content, field });
  },
  ByteLevel: () => toByteCharacters,
  Nmt: () => nmt,
  BertNormalizer: bert,
  Precompiled: readPrecompiled,
};

/** Character by character, without JavaScript's rule for a sigma at the end of a word. */
const lowercase: Normalizer = (text) =>
  text.replace(/\p{Lu}|\p{Lt}|\p{Changes_When_Lowercased}/gu, (c) => c.toLowerCase());

function strip(left: boolean, right: boolean): Normalizer {
  return (text, onMoved) => {
    const start = left ? (/^\p{White_Space}*/u.exec(text)?.[0].length ?? 0) : 0;
    if (start > 0) onMoved?.();
    const rest = text.slice(start);
    return right ? rest.slice(0, trimmedLength(rest)) : rest;
  };
}

function trimmedLength(text: string): number {
  let end = text.length;
  while (end > 0 && /\p{White_Space}/u.test(text[end - 1] ?? "")) end -= 1;
  return end;
}

/** SentencePiece's nmt rules: control characters go, separators become spaces. */
const nmt: Normalizer = (text) =>
  text
    .replace(/[\u0001-\u0008\u000b\u000e-\u001f\u007f\u008f\u009f]/g, "")
    .replace(/[\u0009\u000a\u000c\u000d\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/g, " ");

const CJK =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;

function bert(field: JsonField): Normalizer {
  const clean = flagOr(field.get("clean_text"), true);
  const spaced = flagOr(field.get("handle_chinese_chars"), true);
  const lower = flagOr(field.get("lowercase"), true);
  const accents = flagOr(field.get("strip_accents"), lower);
  return (text) => {
    let out = text;
    if (clean)
      out = out.replace(/(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\ufffd]/gu, "").replace(/\p{White_Space}/gu, " ");
    if (spaced) out = out.replace(CJK, " $& ");
    if (accents) out = out.normalize("NFD").replace(/\p{Mn}/gu, "");
    return lower ? lowercase(out) : out;
  };
}
