// Merging a word's symbols: the pair of lowest rank first, the leftmost of equals, in n log n.

/** By left id, by right id: the rank of a merge and the id that it makes. */
export type Merges = Map<number, Map<number, { rank: number; id: number }>>;

/** Up to here the lowest rank is found by looking at all pairs; longer words take a heap. */
const SHORT = 24;

/** The symbols after all merges; `symbols` is overwritten. */
export function mergeAll(symbols: number[], merges: Merges): number[] {
  return symbols.length <= SHORT ? mergeShort(symbols, merges) : mergeLong(symbols, merges);
}

function mergeShort(symbols: number[], merges: Merges): number[] {
  for (;;) {
    let best: { rank: number; id: number } | undefined;
    let at = 0;
    for (let i = 0; i + 1 < symbols.length; i++) {
      const merge = merges.get(symbols[i]!)?.get(symbols[i + 1]!);
      if (merge && (!best || merge.rank < best.rank)) {
        best = merge;
        at = i;
      }
    }
    if (!best) return symbols;
    symbols.splice(at, 2, best.id);
  }
}

/** A linked list of symbols, and a heap of candidates; a candidate whose symbols were merged away since is skipped. */
function mergeLong(symbols: number[], merges: Merges): number[] {
  const count = symbols.length;
  const next = Int32Array.from({ length: count }, (_, i) => (i + 1 < count ? i + 1 : -1));
  const previous = Int32Array.from({ length: count }, (_, i) => i - 1);
  const heap = new Heap();
  const consider = (left: number): void => {
    const right = next[left]!;
    const merge = right < 0 ? undefined : merges.get(symbols[left]!)?.get(symbols[right]!);
    if (merge) heap.push({ rank: merge.rank, left, id: merge.id });
  };
  for (let i = 0; i < count; i++) consider(i);
  for (let top = heap.pop(); top; top = heap.pop()) {
    const { left, id } = top;
    const right = next[left]!;
    if (symbols[left]! < 0 || right < 0) continue;
    if (merges.get(symbols[left]!)?.get(symbols[right]!)?.id !== id) continue;
    symbols[left] = id;
    symbols[right] = -1;
    const after = next[right]!;
    next[left] = after;
    if (after >= 0) previous[after] = left;
    consider(left);
    if (previous[left]! >= 0) consider(previous[left]!);
  }
  return symbols.filter((id) => id >= 0);
}

interface Candidate {
  rank: number;
  /** Position of the left symbol. */
  left: number;
  id: number;
}

const before = (a: Candidate, b: Candidate): boolean => a.rank < b.rank || (a.rank === b.rank && a.left < b.left);

/** A binary heap with the lowest rank on top, the leftmost of equals. */
class Heap {
  private readonly items: Candidate[] = [];

  push(item: Candidate): void {
    const { items } = this;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(item, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  pop(): Candidate | undefined {
    const { items } = this;
    const [top] = items;
    const last = items.pop();
    if (items.length === 0 || !last) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1]!, items[child]!)) child += 1;
      if (!before(items[child]!, last)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return top;
  }
}
