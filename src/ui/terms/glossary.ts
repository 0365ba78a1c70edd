// The terms of the screen: two sentences on each, and where they are from. The only home of these explanations.
export interface TermEntry {
  name: string;
  /** Finds the term in a text; without the flag g. */
  pattern: RegExp;
  /** Two sentences. */
  text: string;
  source: string;
}

const DISP = "DISP-LLM (Gao et al. 2024)";

export const GLOSSARY: readonly TermEntry[] = [
  {
    name: "block weights",
    pattern: /\bblock weights\b/i,
    text: "The weights of the linear layers inside the model’s blocks, which are most of its parameters. Embeddings, head and norms are not among them and are never pruned.",
    source: `${DISP}; METHOD.md 1.4`,
  },
  {
    name: "dense",
    pattern: /\bdense\b/i,
    text: "The original model, with nothing removed. All pruned versions are compared with it.",
    source: "ARCHITECTURE.md, Words",
  },
  {
    name: "perplexity",
    pattern: /\bperplexity\b/i,
    text: "How many tokens the model hesitates between on average when it predicts the next one: e to the power of the mean loss. Lower is better, and only numbers on the same text and window can be compared.",
    source: "METHOD.md 4",
  },
  {
    name: "gate",
    pattern: /\bgates?\b/i,
    text: "A switch for one dimension of a block: 1 keeps it, 0 removes it. A run learns which switches to turn off.",
    source: DISP,
  },
  {
    name: "selection vector",
    pattern: /\bselection vectors?\b|\bselections?\b(?! vector)/i,
    text: "The gates of one place in a block, one per dimension. Each block has five, s1 to s5.",
    source: `${DISP}; METHOD.md 1.1`,
  },
  {
    name: "s1 to s5",
    pattern: /\bs1\b(?: to s5)?|\bs4\b/,
    text: "The five places of a block where dimensions are selected: s1 what attention reads, s2 what it writes, s3 what the MLP reads, s4 the middle of the MLP, s5 what it writes. The map shows s1, s2, s3 and s5, which select among the same dimensions.",
    source: `${DISP}; METHOD.md 1.1`,
  },
  {
    name: "logit",
    pattern: /\blogits?\b/i,
    text: "The number from which a gate is made: the larger, the more likely the dimension stays. “Logits” of the language model are its scores for the next token.",
    source: "METHOD.md 1.2 and 1.5",
  },
  {
    name: "hypernetwork",
    pattern: /\bhypernetwork\b/i,
    text: "A small network whose outputs are the gate logits of the large one. Only it is trained; the language model’s own weights stay as they are.",
    source: `${DISP}; METHOD.md 1.2`,
  },
  {
    name: "ReinMax",
    pattern: /\bReinMax\b/i,
    text: "A way to pass gradients through gates that are either on or off. It is more exact than the plain straight-through estimator.",
    source: "Liu et al. 2023; DISP-LLM, algorithm 2; METHOD.md 1.3",
  },
  {
    name: "estimator",
    pattern: /\bestimator\b|on\/off gates/i,
    text: "The rule that gives a gradient to gates that are either on or off, which have none of their own. ReinMax is the paper’s, the others are for comparison.",
    source: "METHOD.md 1.3",
  },
  {
    name: "R",
    pattern: /\bbudget penalty R\b|\bR\b/,
    text: "The budget penalty: how far the kept share is from the target, as a logarithm. Near 0 the target is met.",
    source: `${DISP}; METHOD.md 1.4`,
  },
  {
    name: "lambda",
    pattern: /\blambda\b|λ/i,
    text: "How much the budget penalty R counts beside the loss of the language model. The paper’s value is 6.",
    source: `${DISP}; METHOD.md 1.4`,
  },
  {
    name: "N:M",
    pattern: /\bN of every M\b|\bN:M\b|\b2:4\b/,
    text: "A pattern for single weights: N of every M neighbours are zero. Some graphics cards have instructions for 2:4.",
    source: "DaSS, Guo et al. 2025; METHOD.md 2",
  },
];

/** A piece of a text, and the term that it is; the first use of each term in the text only. */
interface TextPart {
  text: string;
  entry?: TermEntry;
}

/** Splits a text at its terms. Where two begin at one place, the longer use wins. */
export function termParts(text: string, entries: readonly TermEntry[] = GLOSSARY): TextPart[] {
  const uses = entries.flatMap((entry) => {
    const match = entry.pattern.exec(text);
    return match ? [{ entry, from: match.index, to: match.index + match[0].length }] : [];
  });
  const [first] = uses.sort((a, b) => a.from - b.from || b.to - a.to);
  if (!first) return text === "" ? [] : [{ text }];
  const before = text.slice(0, first.from);
  const others = entries.filter((entry) => entry !== first.entry);
  return [
    ...(before === "" ? [] : [{ text: before }]),
    { text: text.slice(first.from, first.to), entry: first.entry },
    ...termParts(text.slice(first.to), others),
  ];
}
