// Unigram: the cut of a word whose tokens have the largest sum of scores (Viterbi), as the tokenizers library computes it.
import type { JsonField } from "../json/jsonFields.ts";
import { byteIds } from "./bpe.ts";
import type { TokenModel } from "./model.ts";
import { flagOr, isAbsent } from "./part.ts";

/** How much worse than the worst token an unknown character is. */
const UNKNOWN_PENALTY = 10;

/** Throws "format" for pieces that are not [text, score], and for an unk_id outside of them. */
export function readUnigram(field: JsonField): TokenModel {
  const vocabulary = new Map<string, number>();
  const scores: number[] = [];
  for (const piece of field.get("vocab").list()) {
    const [text, score] = piece.list(2);
    vocabulary.set(text?.text() ?? "", scores.length);
    scores.push(score?.number() ?? 0);
  }
  if (scores.length === 0) field.get("vocab").refuse("one token at least");
  const unknown = isAbsent(field.get("unk_id"))
    ? undefined
    : field.get("unk_id").number({ min: 0, max: scores.length - 1, whole: true });
  const fallback = flagOr(field.get("byte_fallback"), false);
  const lattice = latticeOf(vocabulary, scores, unknown);
  return {
    vocabulary,
    size: scores.length,
    encode(word) {
      const ids: number[] = [];
      for (const part of lattice(word)) {
        const id = vocabulary.get(part);
        const bytes = id === undefined && fallback ? byteIds(part, vocabulary) : undefined;
        if (bytes) for (const byte of bytes) ids.push(byte);
        else if (id !== undefined) ids.push(id);
        else if (unknown !== undefined) ids.push(unknown);
        else field.get("unk_id").refuse(`the id of the unknown token, which ${JSON.stringify(part)} needs`);
      }
      return ids;
    },
  };
}

interface Node {
  /** Tokens that begin with what leads here, by their next UTF-16 unit. */
  next: Map<number, Node>;
  id: number;
}

/** Best cuts into tokens; unknown characters side by side make one part. */
function latticeOf(
  vocabulary: ReadonlyMap<string, number>,
  scores: readonly number[],
  unknown: number | undefined,
): (word: string) => string[] {
  const root = trieOf(vocabulary);
  const unknownScore = scores.reduce((least, score) => Math.min(least, score), Infinity) - UNKNOWN_PENALTY;
  const isUnknown = (id: number): boolean => id < 0 || id === unknown;
  return (word) => {
    const length = word.length;
    const best = new Float64Array(length + 1);
    const from = new Int32Array(length + 1).fill(-1);
    const ids = new Int32Array(length + 1).fill(-1);
    const reach = (start: number, end: number, score: number, id: number): void => {
      if (from[end]! >= 0 && !(score > best[end]!)) return;
      best[end] = score;
      from[end] = start;
      ids[end] = id;
    };
    for (let start = 0; start < length;) {
      const size = (word.codePointAt(start) ?? 0) > 0xffff ? 2 : 1;
      let single = false;
      let node = root.next.get(word.charCodeAt(start));
      for (let end = start + 1; node; node = node.next.get(word.charCodeAt(end++))) {
        if (node.id < 0) continue;
        reach(start, end, scores[node.id]! + best[start]!, node.id);
        single ||= end - start === size;
      }
      if (!single) reach(start, start + size, unknownScore + best[start]!, unknown ?? -1);
      start += size;
    }
    return partsOf(word, from, (end) => isUnknown(ids[end]!));
  };
}

function partsOf(word: string, from: Int32Array, isUnknown: (end: number) => boolean): string[] {
  const parts: string[] = [];
  let fused = -1;
  for (let end = word.length; end > 0; end = from[end]!) {
    const start = from[end]!;
    if (isUnknown(end)) {
      if (fused < 0) fused = end;
      if (start === 0 || !isUnknown(start)) {
        parts.push(word.slice(start, fused));
        fused = -1;
      }
    } else parts.push(word.slice(start, end));
  }
  return parts.reverse();
}

function trieOf(vocabulary: ReadonlyMap<string, number>): Node {
  const root: Node = { next: new Map(), id: -1 };
  for (const [token, id] of vocabulary) {
    let node = root;
    for (let i = 0; i < token.length; i++) {
      const unit = token.charCodeAt(i);
      let child = node.next.get(unit);
      if (!child) node.next.set(unit, (child = { next: new Map(), id: -1 }));
      node = child;
    }
    if (node !== root) node.id = id;
  }
  return root;
}
