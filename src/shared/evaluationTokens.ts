// How many tokens perplexity is measured on at first: the same for the page's readings and for those that the worker takes during a run.

/** A software adapter takes seconds per thousand tokens. */
export const evaluationTokensFor = ({ software }: { software: boolean }): number => (software ? 2048 : 20_480);
