// Where a long word can be cut without changing its BPE: between two characters that stand side by side in no token.

/** Parts longer than this are not worth remembering, and shorter ones are left to the model. */
const LONG = 48;

/**
 * A merge makes a token of the vocabulary. If no token has characters a and b side by side, no merge joins a symbol that ends in a to one
 * that begins with b, so what is left of the cut never meets what is right of it. Characters without a token of their own are not cut
 * off their neighbours, since unknown ones may be fused.
 */
export function safeCuts(vocabulary: ReadonlyMap<string, number>): (word: string) => Iterable<string> {
  const pairs = new Set<number>();
  for (const token of vocabulary.keys()) {
    let before = -1;
    for (const character of token) {
      const code = character.codePointAt(0) ?? 0;
      if (before >= 0) pairs.add(pairOf(before, code));
      before = code;
    }
  }
  const known = (character: string): boolean => vocabulary.has(character);
  return function* (word) {
    if (word.length <= LONG) {
      yield word;
      return;
    }
    let start = 0;
    let at = 0;
    let before = "";
    for (const character of word) {
      const apart = before !== "" && !pairs.has(pairOf(before.codePointAt(0) ?? 0, character.codePointAt(0) ?? 0));
      if (apart && known(before) && known(character)) {
        yield word.slice(start, at);
        start = at;
      }
      at += character.length;
      before = character;
    }
    yield word.slice(start);
  };
}

/** Two code points as one number, exactly. */
const pairOf = (a: number, b: number): number => a * 0x110000 + b;
