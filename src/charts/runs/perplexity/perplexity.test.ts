// Charts of perplexity against size: points on the plane, the best line, and which point the cursor chooses.
import { describe, expect, it } from "vitest";
import { METHOD_MARKS, markOf } from "./methodMarks.ts";
import { placeOf, planeGeometry } from "./plane.ts";
import { RATIO_PLACES, ratioCurveGeometry } from "./ratioCurveGeometry.ts";
import { TRADEOFF_PLACES, tradeoffGeometry, type TradeoffPoint } from "./tradeoffGeometry.ts";

const space = { width: 500, pixelRatio: 1, measure: (text: string) => 6 * text.length };
const axis = { name: "size", format: String };

describe("the plane", () => {
  it("has all points inside, lower perplexities lower", () => {
    const points = [
      { x: 0.5, y: 30 },
      { x: 1, y: 20 },
    ];
    const { plane, axes } = planeGeometry({ points, axis, width: 500, height: 300, top: 40 });
    const [large, small] = [placeOf(plane, { x: 0.5, y: 30 }), placeOf(plane, { x: 1, y: 20 })];
    expect(large.y).toBeLessThan(small.y);
    for (const { x, y } of [large, small]) {
      expect(x > plane.left && x < plane.right).toBe(true);
      expect(y > plane.top && y < plane.bottom).toBe(true);
    }
    expect(axes[0].ticks.map(({ text }) => text)).toEqual(["20", "22", "24", "26", "28", "30"]);
  });

  it("says where it is logarithmic", () => {
    const points = [
      { x: 0.5, y: 200 },
      { x: 1, y: 20 },
    ];
    const { words } = planeGeometry({ points, axis, width: 500, height: 300, top: 40 });
    expect(words[0]?.text).toBe("perplexity, log scale");
  });
});

describe("runs against size", () => {
  const run = (id: string, x: number, y: number, method = "DaSS"): TradeoffPoint => {
    return { id, x, y, method, dedicated: true, label: `run ${id}`, recipe: [] };
  };
  const points = [run("b", 0.8, 25), run("a", 0.5, 30), run("c", 0.8, 28, "Wanda")];
  const geometry = tradeoffGeometry({ points, axis, dense: { x: 1, y: 20 }, picked: ["c", "a"] }, space);

  it("have a mark each, the line of the best, and letters on the picked ones", () => {
    expect(geometry.marks.map(({ point }) => point.id)).toEqual(["a", "b", "c"]);
    const [a, b, c] = geometry.marks;
    expect(geometry.bestPath).toBe(`M${a?.x},${a?.y}H${b?.x}V${b?.y}`);
    expect(geometry.letters.map(({ x, text }) => [x, text])).toEqual([
      [(c?.x ?? 0) + 7, "A"],
      [(a?.x ?? 0) + 7, "B"],
    ]);
    expect(geometry.legend.items.map(({ label }) => label)).toEqual(["DaSS", "Wanda", "best at each size", "dense"]);
    expect(geometry.name).toContain("of 3 runs; 2 of them best at their size; lowest 25.00 at 0.8 (DaSS); dense 20.00");
  });

  it("have an arrow from before to a recovered one, which is in view and said", () => {
    const better = { ...run("r", 0.5, 24), before: 32, dedicated: false };
    const close = { ...run("s", 0.8, 27.99, "Wanda"), before: 28, dedicated: false };
    const other = tradeoffGeometry({ points: [...points, better, close], axis, dense: null, picked: [] }, space);
    expect(other.arrows.map(({ id }) => id)).toEqual(["r"]);
    const from = placeOf(other.plane, { x: 0.5, y: 32 });
    const mark = other.marks.find(({ point }) => point.id === "r");
    expect(from.y).toBeGreaterThan(other.plane.top);
    expect(other.arrows[0]?.path).toMatch(new RegExp(`^M${from.x},${from.y}V`));
    const tip = Number(/V([\d.]+)M/.exec(other.arrows[0]?.path ?? "")?.[1]);
    expect(tip).toBeLessThan(mark?.y ?? 0);
    expect(tip).toBeGreaterThan(from.y);
    expect(other.legend.items.map(({ label }) => label)).toContain("recovered");
    expect(other.name).toContain("; 2 recovered");
    const at = other.marks.findIndex(({ point }) => point.id === "r");
    expect(TRADEOFF_PLACES.tip(other, at)?.tip.rows).toEqual(
      expect.arrayContaining([{ label: "before recovery", value: "32.00" }]),
    );
  });

  it("make the line of the best only where they were trained for their ratio alone", () => {
    const point = { ...run("p", 0.6, 21, "DISP-LLM, threshold"), dedicated: false };
    const other = tradeoffGeometry({ points: [...points, point], axis, dense: { x: 1, y: 20 }, picked: [] }, space);
    expect(other.marks).toHaveLength(4);
    expect(other.name).toContain("of 4 runs; 2 of them best");
    expect(other.legend.items.map(({ label }) => label)).toContain("best of the runs for one ratio");
  });

  it("are found within reach only", () => {
    const [a] = geometry.marks;
    expect(TRADEOFF_PLACES.locate(geometry, (a?.x ?? 0) + 5, a?.y ?? 0)).toBe(0);
    expect(TRADEOFF_PLACES.locate(geometry, (a?.x ?? 0) + 30, a?.y ?? 0)).toBeNull();
    expect(TRADEOFF_PLACES.tip(geometry, 1)?.tip.title).toBe("run b");
  });

  it("of different methods differ in colour and shape", () => {
    expect(new Set(METHOD_MARKS.map(({ colour }) => colour)).size).toBe(METHOD_MARKS.length);
    expect(new Set(METHOD_MARKS.map(({ path }) => path)).size).toBe(METHOD_MARKS.length);
    expect(markOf("of another version")).toBe(METHOD_MARKS[0]);
  });
});

describe("the curve over ratios", () => {
  const point = (ratio: number, y: number) => ({ ratio, x: ratio - 0.01, y });
  const data = {
    name: "this run",
    points: [point(0.4, 30), point(0.6, 25), point(0.8, 22)],
    runs: [{ ratio: 0.6, x: 0.6, y: 28, label: "another run" }],
    dense: null,
    ratio: 0.6,
  };
  const geometry = ratioCurveGeometry(data, space);

  it("goes through its points, with a line at the target", () => {
    expect(geometry.curvePath.split("L")).toHaveLength(3);
    expect(geometry.targetPath).toContain(`V${geometry.plane.bottom}`);
    expect(geometry.densePath).toBe("");
    expect(geometry.name).toContain(
      "this run at 3 ratios: 30.00 at 39.0 %, 25.00 at 59.0 %, 22.00 at 79.0 %; 1 run for one ratio",
    );
  });

  it("chooses a run only near its square, and otherwise the nearest ratio", () => {
    const single = geometry.marks.findIndex(({ kind }) => kind === "run");
    const { x = 0, y = 0 } = geometry.marks[single] ?? {};
    expect(RATIO_PLACES.locate(geometry, x + 2, y)).toBe(single);
    const chosen = geometry.marks[RATIO_PLACES.locate(geometry, x + 2, y + 50) ?? -1];
    expect([chosen?.kind, chosen?.point.ratio]).toEqual(["curve", 0.6]);
  });
});

it("writes A and B where they cover neither each other nor the other's mark", () => {
  const space = { width: 640, measure: (text: string) => 6 * text.length, pixelRatio: 1 };
  const axis = { name: "size", format: String };
  const point = (id: string, x: number, y: number) => ({
    id,
    x,
    y,
    label: id,
    method: "DISP-LLM",
    recipe: [],
    dedicated: true,
  });
  const far = [point("low", 0, 20), point("high", 1, 40)];
  for (let dx = -0.06; dx <= 0.06; dx += 0.01)
    for (let dy = -2; dy <= 2; dy += 0.25)
      for (const [x, y] of [
        [0.5, 30],
        [1, 40],
        [0, 20],
      ] as const) {
        const points = [...far, point("a", x, y), point("b", x + dx, y + dy)];
        const { letters, marks } = tradeoffGeometry({ points, axis, dense: null, picked: ["a", "b"] }, space);
        const [a, b] = [letters[0]!, letters[1]!];
        expect(Math.abs(a.x - b.x) >= 8 || Math.abs(a.y - b.y) >= 9, `${x} ${y} ${dx} ${dy}`).toBe(true);
        const other = marks.find(({ point: { id } }) => id === "b")!;
        const inMark = Math.abs(a.x + 5 - other.x) < 6 && Math.abs(a.y - 5 - other.y) < 6;
        expect(inMark, `A over B's mark: ${x} ${y} ${dx} ${dy}`).toBe(false);
        for (const { x: left } of letters) expect(left + 8).toBeLessThanOrEqual(640);
      }
});
