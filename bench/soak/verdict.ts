// Whether the figures of a soak stayed flat, and its report.
import { spreadOf } from "../../src/engine/evaluate/spread.ts";
import { markdownTable } from "../../src/shared/markdownTable.ts";
import { FIGURES, type Figures } from "./figures.ts";

/** Growth that is allowed after the warm-up. */
const MOST_GROWTH = 0.02;
/** Figures below this are not compared: a few stored records are more than 2 % of nothing. Bytes; buffers are counted. */
const LEAST: Readonly<Partial<Record<keyof Figures, number>>> = { indexedDb: 100_000, opfs: 100_000 };

interface Growth {
  figure: keyof Figures;
  first: number;
  last: number;
  /** last / first - 1 */
  growth: number;
  ok: boolean;
}

/** Compares the medians of the first and the last third of the rounds after the warm-up. Throws for fewer than two such rounds. */
export function growthOf(rounds: readonly Figures[], warmUp: number): Growth[] {
  const counted = rounds.slice(warmUp);
  if (counted.length < 2) throw new RangeError(`rounds: expected at least ${warmUp + 2}, got ${rounds.length}`);
  const third = Math.max(1, Math.floor(counted.length / 3));
  return FIGURES.map((figure) => {
    const values = counted.map((one) => one[figure]);
    const [first, last] = [values.slice(0, third), values.slice(-third)].map((part) => spreadOf(part).median) as [
      number,
      number,
    ];
    const growth = first === last ? 0 : last / first - 1;
    return { figure, first, last, growth, ok: growth <= MOST_GROWTH || last < (LEAST[figure] ?? 0) };
  });
}

/** Sentences on what grew; empty where nothing did. */
export const grown = (growths: readonly Growth[]): string[] =>
  growths
    .filter(({ ok }) => !ok)
    .map(
      ({ figure, first, last, growth }) =>
        `${figure}: expected at most ${100 * MOST_GROWTH} % more after the warm-up, got ${(100 * growth).toFixed(1)} % (${first} to ${last})`,
    );

/** One scenario in bench/soak.json. */
export interface SoakRun {
  title: string;
  date: string;
  adapter: string;
  cores: number;
  rounds: number;
  growth: Growth[];
}

const shown = ({ figure, first, last, growth }: Growth): string => {
  const value = (one: number): string => (figure === "gpuBuffers" ? String(one) : `${(one / 1e6).toFixed(2)} MB`);
  return `${value(first)} to ${value(last)} (${growth < 0 ? "" : "+"}${(100 * growth).toFixed(1)} %)`;
};

const TITLES: Readonly<Record<keyof Figures, string>> = {
  gpuBytes: "GPU bytes",
  gpuBuffers: "GPU buffers",
  pageHeap: "page heap",
  workerHeap: "worker heap",
  indexedDb: "IndexedDB",
  opfs: "OPFS",
};

/** bench/soak.md. */
export function soakReport(runs: Readonly<Record<string, SoakRun>>): string {
  const rows = Object.entries(runs).map(([name, { title, date, adapter, cores, rounds, growth }]) => [
    `${title} (\`${name}\`)`,
    ...FIGURES.map((figure) => shown(growth.find((one) => one.figure === figure)!)),
    `${rounds} rounds, ${date}, ${adapter}, ${cores} cores`,
  ]);
  return `# Soak

\`npm run soak\` does the same thing over and over on one page and reads its memory after each round. Each cell compares the first third of the
rounds after the warm-up with the last third (medians). More than ${100 * MOST_GROWTH} % of growth fails; stored bytes below 0.1 MB are not compared. The model
is the small one of \`golden/llama\`, so that a round takes seconds: what grows with each round shows in percent here. Heaps are read after a
forced collection. JavaScript is not compiled a second time (\`--no-sparkplug --no-maglev --no-opt\`), because machine code is counted in
the heap and grows for minutes. What the page keeps on purpose has limits: 400 recorded masks or 32 MB, 100,000 steps, 100 changes to undo.

${markdownTable(["what", ...FIGURES.map((figure) => TITLES[figure]), "measured"], rows)}
`;
}
