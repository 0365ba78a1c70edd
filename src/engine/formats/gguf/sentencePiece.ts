// SentencePiece's BPE as tokenizer.json has it: merges out of the pieces' scores, and its way with spaces.
import type { TokenizerParts } from "./tokenizerParts.ts";

const SPACE = "\u2581";

/** How texts come in and go out, as in Llama 2's own tokenizer.json. `prefixed`: whether a space stands in front of every text (LLaMA; not Gemma). */
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
 * SentencePiece joins the neighbours whose piece has the best score; a list of merges says the same in order. Every way to part a
 * piece into two pieces is a merge, best score first; of equal ones those with the longer left part first.
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
