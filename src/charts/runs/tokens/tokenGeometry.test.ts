// The token strip: tokens on lines, tints by difference, and moves from line to line.
import { expect, it } from "vitest";
import { LINE_PX, TOKEN_PLACES, tokenGeometry } from "./tokenGeometry.ts";

const space = { width: 100, pixelRatio: 1, measure: (text: string) => 10 * text.length };
const data = {
  tokens: ["abcd", "efgh", "\n", "ijkl", "mn"],
  first: [NaN, 3, 1, 2, 9],
  second: [NaN, 2, 2, 2, 1],
};
const geometry = tokenGeometry(data, space);

it("sets tokens in lines of the width there is", () => {
  const top = geometry.boxes[0]?.y ?? 0;
  expect(geometry.boxes.map(({ x, y }) => [x, (y - top) / LINE_PX])).toEqual([
    [0, 0],
    [41, 0],
    [82, 0],
    [0, 1],
    [41, 1],
  ]);
  expect(geometry.boxes[2]?.text).toBe("⏎");
});

it("tints a token in the colour of the run that predicts it better, strongest from two nats on", () => {
  const tints = geometry.boxes.map(({ tint }) => tint && [tint.colour.slice(-1), Number(tint.opacity.toFixed(2))]);
  expect(tints).toEqual([null, ["b", 0.31], ["a", 0.31], ["a", 0], ["b", 0.62]]);
  expect(geometry.name).toContain("5 tokens, coloured by the difference in loss: B is better on 2 of 4");
});

it("finds tokens where they are, and moves up and down by lines", () => {
  const { x = 0, y = 0 } = geometry.boxes[3] ?? {};
  expect(TOKEN_PLACES.locate(geometry, x + 1, y + 1)).toBe(3);
  expect([TOKEN_PLACES.move(geometry, 1, 0, 1), TOKEN_PLACES.move(geometry, 4, 0, -1)]).toEqual([4, 1]);
  expect(TOKEN_PLACES.tip(geometry, 0)?.tip.rows[0]?.value).toBe("not scored");
  expect(TOKEN_PLACES.tip(geometry, 1)?.tip.rows[2]).toEqual({ label: "A − B", value: "1.000 nats" });
});
