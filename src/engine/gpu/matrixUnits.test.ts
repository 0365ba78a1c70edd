// Which of an adapter's subgroup matrices the kernels use.
import { expect, test } from "vitest";
import { matrixUnitOf } from "./matrixUnits.ts";

type Config = [type: string, result: string, M: number, N: number, K: number];

const infoOf = (...configs: Config[]) =>
  ({
    subgroupMatrixConfigs: configs.map(([componentType, resultComponentType, M, N, K]) => ({
      ...{ componentType, resultComponentType, M, N, K },
    })),
  }) as unknown as GPUAdapterInfo;
const unitOf = (...configs: Config[]) => matrixUnitOf(infoOf(...configs), true);

test("f32 before halves, and the largest of a kind", () => {
  expect(unitOf(["f16", "f32", 16, 8, 8], ["f16", "f32", 16, 16, 16], ["f16", "f32", 16, 8, 16])).toEqual({
    ...{ component: "f16", rows: 16, columns: 16, steps: 16 },
  });
  expect(unitOf(["f16", "f32", 16, 16, 16], ["f32", "f32", 8, 8, 8])).toEqual({
    ...{ component: "f32", rows: 8, columns: 8, steps: 8 },
  });
});

test("none without sums in f32, for integers, for sizes that do not divide the tiles, and without the feature", () => {
  expect(unitOf(["f16", "f16", 8, 8, 8], ["u8", "u32", 8, 8, 8], ["i8", "i32", 16, 16, 32])).toBeUndefined();
  expect(unitOf(["f16", "f32", 16, 16, 32], ["f16", "f32", 12, 8, 8], ["f16", "f32", 64, 8, 16])).toBeUndefined();
  expect(unitOf()).toBeUndefined();
  expect(matrixUnitOf({} as unknown as GPUAdapterInfo, true)).toBeUndefined();
});

test("halves need a device that computes with them", () => {
  const info = infoOf(["f16", "f32", 16, 16, 16]);
  expect(matrixUnitOf(info, true)).toBeDefined();
  expect(matrixUnitOf(info, false)).toBeUndefined();
  expect(matrixUnitOf(infoOf(["f16", "f32", 16, 16, 16], ["f32", "f32", 8, 8, 8]), false)?.component).toBe("f32");
});
