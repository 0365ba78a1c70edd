// The weight gradient's reference, compared with finite differences of the linear layer's forward.
import { expect, test } from "vitest";
import { at, randomRef, refTensor } from "./kit/ref.ts";
import { linearRef } from "./linear.ref.ts";
import { linearWeightGradientRef } from "./linearWeightGradient.ref.ts";

test("dw is the slope of the layer's output along each weight", () => {
  const [m, n, k] = [5, 3, 7];
  const [x, weight, dy] = [randomRef(1, [m, k]), randomRef(2, [n, k]), randomRef(3, [m, n])];
  const [dw] = linearWeightGradientRef.forward([x, dy, refTensor([n, k])], { accumulate: false });
  const objective = (): number =>
    linearRef.forward([x, weight], null)[0]!.data.reduce((sum, value, i) => sum + value * at(dy.data, i), 0);
  const step = 1e-4;
  weight.data.forEach((value, i) => {
    weight.data[i] = value + step;
    const above = objective();
    weight.data[i] = value - step;
    const slope = (above - objective()) / (2 * step);
    weight.data[i] = value;
    expect(at(dw!.data, i)).toBeCloseTo(slope, 8);
  });
});

test("accumulate adds to what dw was", () => {
  const [x, dy, before] = [randomRef(1, [4, 6]), randomRef(2, [4, 5]), randomRef(3, [5, 6])];
  const [written] = linearWeightGradientRef.forward([x, dy, before], { accumulate: false });
  const [added] = linearWeightGradientRef.forward([x, dy, before], { accumulate: true });
  added!.data.forEach((value, i) => expect(value).toBeCloseTo(at(written!.data, i) + at(before.data, i), 12));
});
