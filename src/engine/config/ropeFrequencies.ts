// The frequencies of rotary position embedding and what scales them, as transformers computes them (modeling_rope_utils.py), in f64.

/** How the frequencies depend on the length. Contexts are numbers of positions; `attention` multiplies cosine and sine. */
export type RopeScaling =
  | { type: "linear"; factor: number }
  | { type: "dynamic"; factor: number; context: number }
  | {
      type: "yarn";
      factor: number;
      originalContext: number;
      betaFast: number;
      betaSlow: number;
      truncate: boolean;
      attention: number;
    }
  | {
      type: "longrope";
      /** One per rotated pair: for sequences of up to originalContext tokens, and for longer ones. */
      short: readonly number[];
      long: readonly number[];
      originalContext: number;
      attention: number;
    }
  | { type: "llama3"; factor: number; lowFreqFactor: number; highFreqFactor: number; originalContext: number };

export interface RopeConfig {
  theta: number;
  /** The share of each head that is rotated, its first dimensions (Phi); default: all. */
  share?: number;
  scaling?: RopeScaling;
}

/**
 * Angle per position of each rotated pair i = 0 .. rotaryDim / 2 - 1: theta^(-2 i / rotaryDim) (Su et al. 2021, section 3.2.2), changed by
 * the scaling as transformers computes it. length: tokens of the sequence, of which only dynamic and longrope take notice; by default none.
 */
export function ropeFrequencies({ theta, scaling }: RopeConfig, rotaryDim: number, length = 0): Float64Array {
  const base = scaling?.type === "dynamic" ? dynamicBase(theta, scaling, rotaryDim, length) : theta;
  const plain = Float64Array.from({ length: rotaryDim / 2 }, (_, i) => base ** ((-2 * i) / rotaryDim));
  switch (scaling?.type) {
    case undefined:
    case "dynamic":
      return plain;
    case "linear":
      return plain.map((frequency) => frequency / scaling.factor);
    case "yarn": {
      const kept = yarnRamp(theta, scaling, rotaryDim);
      return plain.map((frequency, i) => frequency * mixed(kept[i] ?? 1, scaling.factor));
    }
    case "longrope": {
      const factors = length > scaling.originalContext ? scaling.long : scaling.short;
      return plain.map((frequency, i) => frequency / (factors[i] ?? 1));
    }
    case "llama3":
      return plain.map((frequency) => frequency * mixed(llama3Kept(frequency, scaling), scaling.factor));
  }
}

type Scaling<T extends RopeScaling["type"]> = Extract<RopeScaling, { type: T }>;

/** What is left of a frequency of which the part `kept` is unchanged and the rest is divided by `factor`. */
const mixed = (kept: number, factor: number): number => kept + (1 - kept) / factor;

const clamp = (value: number): number => Math.min(1, Math.max(0, value));

/** NTK-aware scaling: sequences over the context stretch the base, so that the slowest pair turns as far as at the context's end. */
function dynamicBase(
  theta: number,
  { factor, context }: Scaling<"dynamic">,
  rotaryDim: number,
  length: number,
): number {
  if (length <= context) return theta;
  return theta * ((factor * length) / context - (factor - 1)) ** (rotaryDim / (rotaryDim - 2));
}

/**
 * YaRN (Peng et al. 2023, section 3.2): 1 for pairs that turn more than betaFast times over the original context, 0 for fewer than
 * betaSlow, and a ramp over the pairs in between.
 */
function yarnRamp(theta: number, scaling: Scaling<"yarn">, rotaryDim: number): Float64Array {
  const { originalContext, betaFast, betaSlow, truncate } = scaling;
  const pairOf = (turns: number): number =>
    (rotaryDim * Math.log(originalContext / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [fast, slow] = [pairOf(betaFast), pairOf(betaSlow)];
  const low = Math.max(truncate ? Math.floor(fast) : fast, 0);
  const bound = Math.min(truncate ? Math.ceil(slow) : slow, rotaryDim - 1);
  const high = low === bound ? bound + 0.001 : bound; // as transformers does, instead of dividing by zero
  return Float64Array.from({ length: rotaryDim / 2 }, (_, i) => 1 - clamp((i - low) / (high - low)));
}

/**
 * Llama 3: wavelengths over originalContext / lowFreqFactor are slowed down by `factor`, those under originalContext / highFreqFactor do
 * not change, and those in between are interpolated.
 */
function llama3Kept(frequency: number, { lowFreqFactor, highFreqFactor, originalContext }: Scaling<"llama3">): number {
  const turns = (originalContext * frequency) / (2 * Math.PI);
  return clamp((turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor));
}

/** YaRN's factor on cosine and sine where config.json has none (section 3.3); mscale and mscaleAllDim are DeepSeek's. */
export function yarnAttention(factor: number, mscale?: number, mscaleAllDim?: number): number {
  const of = (scale: number): number => (factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1);
  return mscale !== undefined && mscaleAllDim !== undefined ? of(mscale) / of(mscaleAllDim) : of(1);
}

/** LongRoPE's factor on cosine and sine where config.json has none (Ding et al. 2024). */
export function longropeAttention(factor: number, originalContext: number): number {
  return factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(originalContext));
}

/** Factor on every cosine and sine, and so on q and k: yarn and longrope have one. */
export function ropeAttention({ scaling }: RopeConfig): number {
  return scaling && "attention" in scaling ? scaling.attention : 1;
}

/**
 * A number that is equal for sequences of equal frequencies: 0, the number of tokens where dynamic scaling stretches the base, or 1 for
 * longrope's long factors. A forward pass of tokens start .. end - 1 has the length `end` for all its positions; keys that the cache
 * already has stay as they were rotated, as in transformers.
 */
export function frequencySet({ scaling }: RopeConfig, length: number): number {
  if (scaling?.type === "dynamic") return length > scaling.context ? length : 0;
  if (scaling?.type === "longrope") return length > scaling.originalContext ? 1 : 0;
  return 0;
}

/** How many dimensions of a head are rotated, from the first on. */
export function rotaryWidth({ share = 1 }: RopeConfig, headDim: number): number {
  return Math.floor(headDim * share);
}
