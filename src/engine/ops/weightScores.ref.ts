// Reference of the scores of weights.
import type { ScoreScale } from "../masks/mlpMatrices.ts";
import { at, type OpRef, randomRef, refTensor } from "./kit/ref.ts";

interface Params {
  firstRow: number;
  rows: number;
  scale: ScoreScale;
}

const scoreCase = (packedRows: number, cols: number, params: Params) => ({
  name: `${params.scale} R${params.rows} of ${packedRows} from ${params.firstRow} C${cols}`,
  params,
  inputs: () => {
    const squares = randomRef(2, [params.scale === "root of output norm" ? params.rows : cols], 9);
    return [randomRef(1, [packedRows, cols]), refTensor(squares.shape, squares.data.map(Math.abs))];
  },
});

export const weightScoresRef: OpRef<Params> = {
  name: "weightScores",
  cases: [
    scoreCase(1, 1, { firstRow: 0, rows: 1, scale: "none" }),
    scoreCase(7, 9, { firstRow: 0, rows: 7, scale: "input norm" }),
    scoreCase(8, 8, { firstRow: 0, rows: 8, scale: "root of output norm" }),
    scoreCase(6, 13, { firstRow: 1, rows: 5, scale: "root of output norm" }),
    scoreCase(26, 5, { firstRow: 13, rows: 13, scale: "input norm" }),
    scoreCase(352, 64, { firstRow: 176, rows: 176, scale: "none" }),
  ],
  forward([w, squares], { firstRow, rows, scale }) {
    if (!w || !squares) throw new RangeError("weightScores takes w and the squares");
    const cols = w.shape[1] ?? 1;
    const factor = (i: number): number => {
      if (scale === "none") return 1;
      return scale === "input norm"
        ? at(squares.data, i % cols) ** 0.5
        : at(squares.data, Math.floor(i / cols)) ** 0.25;
    };
    const part = w.data.slice(firstRow * cols, (firstRow + rows) * cols);
    return [
      refTensor(
        [rows, cols],
        part.map((value, i) => Math.abs(value) * factor(i)),
      ),
    ];
  },
};
