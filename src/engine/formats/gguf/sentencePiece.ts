// SentencePiece's BPE in the form of tokenizer.json: merges derived from the pieces' scores, and its treatment of spaces.
import type { TokenizerParts } from "./tokenizerParts.ts";

const SPACE = "\u2581";

/** Normaliser and decoder, as in Llama 2's own tokenizer.json. `prefixed`: whether a space is prepended to every text (LLaMA; not Gemma). */
export function sentencePieceParts(prefixed: boolean): Pick<TokenizerParts, "normalizer" | "preTokenizer" | "decoder"> {
  const replace = (from: string, to: string) => ({ type: "Replace", pattern: { String: from }, content: to });
  const prepend = { type: "Prepend", prepend: SPACE };
  const strip = { type: "Strip", content: " ", start: 1, stop: 0 };
  const decoders = [replace(SPACE, " "), { type: "ByteFallback" }, { type: "Fuse" }, ...(prefixed ? [strip] : [])];
  return {
    normalizer: { type: "Sequence", normalizers: [...(prefixed ? [prepend] : []), replace(" ", SPACE)] },
    preTokenizer: null,
    decoder: { type: "Sequence", decoders },
  };
}

/**
 * SentencePiece joins the neighbours whose joined piece has the best score; an ordered list of merges is equivalent. Every split of a
 * piece into two pieces is a merge, best score first; among equal scores the longer left part first.
 */
export function sentencePieceMerges(ids: ReadonlyMap<string, number>, scores: readonly number[]): [string, string][] {
  const merges: { pair: [string, string]; score: number }[] = [];
  for (const [piece, id] of ids) {
    const score = scores[id] ?? 0;
    for (let cut = 1; cut < piece.length; cut++) {
      const pair: [string, string] = [piece.slice(0, cut), piece.slice(cut)];
      if (ids.has(pair[0]) && ids.has(pair[1])) merges.push({ pair, score });
    }
  }
  merges.sort((a, b) => b.score - a.score || b.pair[0].length - a.pair[0].length);
  return merges.map(({ pair }) => pair);
}
