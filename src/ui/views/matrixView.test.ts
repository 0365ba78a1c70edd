// What prunings keep of a matrix, against the engine's own tensors and gates; the tables; and which reading is shown.
import { describe, expect, it } from "vitest";
import { matrixData } from "../../charts/gallery/weights.fixture.ts";
import rawConfig from "../../../public/model/config.json" with { type: "json" };
import { blockTensors, packBytes, readConfig } from "../../engine/index.ts";
import type { MatrixRequest, MatrixView } from "../../worker/protocol.ts";
import { matrixReader } from "./matrixReader.ts";
import { currentKeep, magnitudesTable, matrixTable, savedKeep } from "./matrixView.ts";

const packBits = (mask: Uint8Array): string => btoa(String.fromCharCode(...packBytes(mask)));
const config = readConfig(rawConfig);
const tensors = blockTensors(config);
const layers = tensors.length / config.layers;
const sizes = Array.from({ length: 5 * config.layers }, (_, i) => (i % 5 === 3 ? config.dMlp : config.dModel));
const masks = sizes.map((size, i) => Uint8Array.from({ length: size }, (_, gate) => ((gate + i) % 3 === 0 ? 0 : 1)));

describe("what is kept of a matrix", () => {
  it("are the vectors that the engine applies to its tensor, of the current pruning and of a saved run", () => {
    const saved = { kind: "gates", sizes, masks: masks.map((mask) => packBits(mask)) } as const;
    tensors.forEach(({ gates }, i) => {
      const place = { block: Math.floor(i / layers), layer: i % layers };
      const [current] = currentKeep({ architecture: { masks }, weights: null }, place, layers);
      const expected = {
        rows: gates.rows === undefined ? null : masks[gates.rows],
        cols: gates.cols === undefined ? null : masks[gates.cols],
      };
      expect(current?.keep).toEqual(expected);
      expect(savedKeep(saved, "A", place, layers)).toMatchObject({ name: "A", keep: expected });
      expect(current?.rows).toBe(gates.rows === undefined ? undefined : `s${(gates.rows % 5) + 1}`);
    });
  });

  it("are the bits of single weights, and all weights of attention", () => {
    const matrices = [0, 1].flatMap((block) =>
      (["gate", "up", "down"] as const).map((part, k) => ({
        ...{ block, part, name: part, shape: [8, 4] as const, direction: "inputs" as const, kept: 1 },
        bits: Uint32Array.of(10 * block + k + 1),
      })),
    );
    const of = (place: { block: number; layer: number }) =>
      currentKeep({ architecture: null, weights: { matrices } }, place, 7)[0]?.keep;
    expect(of({ block: 1, layer: 5 })).toEqual({ bits: Uint32Array.of(12) });
    expect(of({ block: 1, layer: 3 })).toEqual({ rows: null, cols: null });
    const mask = packBits(Uint8Array.from({ length: 32 }, (_, i) => (i === 4 ? 1 : 0)));
    const empty = packBits(new Uint8Array(32));
    const saved = matrices.map(({ name, shape }, i) => ({ name, shape, mask: i === 4 ? mask : empty }));
    expect(savedKeep({ kind: "weights", matrices: saved }, "B", { block: 1, layer: 5 }, 7).keep).toEqual({
      bits: Uint32Array.of(16),
    });
  });

  it("is nothing while the model is dense", () => {
    expect(currentKeep({ architecture: null, weights: null }, { block: 0, layer: 0 }, 7)).toEqual([]);
  });
});

it("tables have all weights, by rows and by magnitude", () => {
  const data = matrixData(16, 24, 2);
  const total = (rows: readonly (readonly unknown[])[], columns: readonly number[]): number =>
    rows.reduce((sum, row) => sum + columns.reduce((part, column) => part + Number(row[column]), 0), 0);
  const { head, rows } = matrixTable(data);
  expect(head.slice(2, 6)).toEqual(["both keep", "only A keeps", "only B keeps", "neither keeps"]);
  expect(rows).toHaveLength(16);
  expect(total(rows, [2, 3, 4, 5])).toBe(16 * 24);
  expect(Math.max(...rows.map((row) => Math.abs(Number(row[6]))))).toBeCloseTo(
    Math.max(...data.cells.largest.map(Math.abs)),
    5,
  );
  expect(total(magnitudesTable(data).rows, [2, 3, 4, 5])).toBe(16 * 24);
});

describe("the reader", () => {
  const request = (layer: number, n: number): MatrixRequest => ({
    ...{ block: 0, layer, area: null, show: "weights" },
    keeps: [{ bits: Uint32Array.of(n) }],
  });
  const setup = () => {
    const answers: (() => void)[] = [];
    const asked: MatrixRequest[] = [];
    const shown: MatrixRequest[] = [];
    const ask = matrixReader({
      read: (one) => {
        asked.push(one);
        return new Promise<MatrixView>((resolve) => answers.push(() => resolve({} as MatrixView)));
      },
      shown: (one) => shown.push(one),
      failed: () => undefined,
    });
    const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
    return { answers, asked, shown, ask, settle };
  };

  it("finishes a reading before it reads newer masks of the same matrix, and skips those between", async () => {
    const { answers, asked, shown, ask, settle } = setup();
    const [first, second, third] = [request(0, 1), request(0, 2), request(0, 3)];
    [first, second, third].forEach(ask);
    expect(asked).toEqual([first]);
    answers[0]?.();
    await settle();
    expect([asked, shown]).toEqual([[first, third], [first]]);
  });

  it("reads another matrix at once, and never shows the one before", async () => {
    const { answers, asked, shown, ask, settle } = setup();
    const [first, other] = [request(0, 1), request(1, 1)];
    [first, other].forEach(ask);
    expect(asked).toEqual([first, other]);
    answers.forEach((answer) => answer());
    await settle();
    expect(shown).toEqual([other]);
  });
});
