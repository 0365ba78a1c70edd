// Results of the lab as the page bench/gpus.md.
import type { LabResult } from "../../src/lab/labResult.ts";
import { labMarkdown } from "../../src/lab/report.ts";

const HEAD = `# Graphics cards

Results of the lab (\`npm run lab\`, or "Measure too" in the studio's footer), rendered by \`npm run bench -- --import FILE\`. Medians, with the smallest and the largest value in brackets.
Shares are of the faster of two fma loops on the same adapter. Of PyTorch's steps also the time in kernels is given, without the gaps in which the card waits for Python.
`;

/** All tables; one section per adapter. */
export const gpuTables = (results: readonly LabResult[]): string =>
  [HEAD, ...results.map((result) => labMarkdown(result, { details: false, goals: true }))].join("\n");
