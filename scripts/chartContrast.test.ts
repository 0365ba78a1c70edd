// The numbers in the table of overlaps (theme.css) can be read on every shade, in both themes.
import { readFileSync } from "node:fs";
import { lab, rgb } from "d3";
import { expect, it } from "vitest";
import { colourRamp } from "../src/charts/lib/frame/theme.ts";
import { numberColour } from "../src/charts/gates/overlap/overlapGeometry.ts";
import { DICHROMACIES, luminance, oklab, seenWith } from "./contrast.fixture.ts";

const css = readFileSync("src/charts/theme.css", "utf8");

/** A colour of theme.css in a theme, as "#rrggbb". */
function colour(property: string, theme: "light" | "dark"): string {
  const value = new RegExp(`${property}: ([^;]+);`).exec(css)?.[1] ?? "";
  const [light = value, dark = value] = value.match(/#\w+/g) ?? [];
  const hex = theme === "light" ? light : dark;
  return hex.length === 4 ? hex.replace(/\w/g, "$&$&") : hex;
}

it.each(["light", "dark"] as const)("has numbers with a contrast of 4.5:1 on every shade: %s", (theme) => {
  const [kept, pruned] = [colour("--chart-kept", theme), colour("--chart-pruned", theme)].map(oklab);
  for (let shade = 0; shade <= 100; shade += 1) {
    const cell = luminance(kept!.map((to, i) => pruned![i]! + ((to - pruned![i]!) * shade) / 100));
    const text = luminance(oklab(colour(numberColour(shade), theme)));
    const contrast = (Math.max(cell, text) + 0.05) / (Math.min(cell, text) + 0.05);
    expect(contrast, `shade ${shade}`).toBeGreaterThanOrEqual(4.5);
  }
});

const channelsOf = (hex: string): number[] => {
  const { r, g, b } = rgb(hex);
  return [r, g, b];
};

/** The 256 shades of a ramp of charts.css, as red, green and blue. */
function shades(name: string, theme: "light" | "dark"): number[][] {
  const ends = ["low", "high"].map((end) => channelsOf(colour(`${name}-${end}`, theme)));
  const words = colourRamp(ends[0]!, ends[1]!);
  return Array.from(words, (word) => [word & 255, (word >>> 8) & 255, (word >>> 16) & 255]);
}

it.each(["light", "dark"] as const)(
  "tells kept and removed weights of any magnitude apart, whatever cones one has: %s",
  (theme) => {
    const [kept, removed] = [shades("--chart-weight-kept", theme), shades("--chart-weight-removed", theme)];
    const eyes = {
      all: [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
      ...DICHROMACIES,
    };
    for (const [name, matrix] of Object.entries(eyes))
      for (let shade = 0; shade < 256; shade += 15) {
        const [a, b] = [kept, removed].map((ramp) => lab(rgb(...seenWith(matrix, ramp[shade]!))));
        const difference = Math.hypot(a!.l - b!.l, a!.a - b!.a, a!.b - b!.b);
        expect(difference, `${name}, shade ${shade}`).toBeGreaterThanOrEqual(12);
      }
  },
);
