// Histograms of magnitudes, in one pass over the values: fine bins by exponent and leading bits first, even ones from them. Plain data.

/** Magnitudes of the weights of each class in even bins from 0 to `top`; the last bin also has those above. */
export interface Magnitudes {
  /** Share TOP_SHARE of the magnitudes is below it; 0 where all are 0. */
  top: number;
  /** The largest one. */
  largest: number;
  /** Weights per bin, class by class. */
  bins: readonly Uint32Array[];
}

const BINS = 48;
/** A few outliers must not squeeze all others into one bin. */
const TOP_SHARE = 0.999;
/** An f32 without its sign and without its last 16 bits: 128 bins per power of two, as fine as BF16. */
const FINE_BINS = 2 ** 15;
const FINE_SHIFT = 16;

interface HeldMagnitudes {
  /** Adds values, each with its class. */
  add(values: Float32Array, classes: Uint8Array): void;
  binned(): Magnitudes;
}

export function heldMagnitudes(classes: number): HeldMagnitudes {
  const fine = Array.from({ length: classes }, () => new Uint32Array(FINE_BINS));
  let largest = 0;
  return {
    add(values, classOf) {
      const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
      for (let i = 0; i < words.length; i += 1) {
        const bin = ((words[i] ?? 0) & 0x7fffffff) >>> FINE_SHIFT;
        const own = fine[classOf[i] ?? 0];
        if (own) own[bin] = (own[bin] ?? 0) + 1;
        largest = Math.max(largest, Math.abs(values[i] ?? 0));
      }
    },
    binned() {
      const top = Math.min(largest, topOf(fine));
      return { top, largest, bins: fine.map((counts) => evenBins(counts, top)) };
    },
  };
}

const edges = new Float32Array(1);
const edgeWords = new Uint32Array(edges.buffer);
/** The smallest magnitude of a fine bin. */
function lowEdge(bin: number): number {
  edgeWords[0] = bin << FINE_SHIFT;
  return edges[0] ?? 0;
}

function topOf(fine: readonly Uint32Array[]): number {
  const all = fine.reduce((sum, counts) => sum + counts.reduce((part, n) => part + n, 0), 0);
  let below = 0;
  for (let bin = 0; bin < FINE_BINS; bin += 1) {
    for (const counts of fine) below += counts[bin] ?? 0;
    if (below >= TOP_SHARE * all) return lowEdge(bin + 1);
  }
  return 0;
}

/** Spreads the weights of each fine bin evenly over it: its values are no finer than that in BF16. */
function evenBins(fine: Uint32Array, top: number): Uint32Array {
  const parts = new Float64Array(BINS);
  fine.forEach((count, bin) => {
    if (count === 0) return;
    const [low, high] = [lowEdge(bin), lowEdge(bin + 1)].map((edge) => (top > 0 ? (BINS * edge) / top : 0));
    spread(parts, count, low ?? 0, high ?? 0);
  });
  let [sum, before] = [0, 0];
  // rounded sums, so that no weight is lost
  return Uint32Array.from(parts, (part) => {
    sum += part;
    const rounded = Math.round(sum) - before;
    before += rounded;
    return rounded;
  });
}

/** Adds `count` between places `low` and `high` of the bins; what is beyond belongs to the last one. */
function spread(parts: Float64Array, count: number, low: number, high: number): void {
  const last = BINS - 1;
  const from = Math.min(last, Math.floor(low));
  const to = Math.min(last, Math.floor(high));
  for (let bin = from; bin <= to; bin += 1) {
    const start = Math.max(low, bin);
    const end = bin === last ? high : Math.min(high, bin + 1);
    const share = high > low ? (end - start) / (high - low) : 1;
    parts[bin] = (parts[bin] ?? 0) + count * (from === to ? 1 : share);
  }
}
