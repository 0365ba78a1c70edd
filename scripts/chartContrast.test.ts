// The numbers in the table of overlaps (theme.css) can be read on every shade, in both themes.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { numberColour } from "../src/charts/gates/overlap/overlapGeometry.ts";
import { luminance, oklab } from "./contrast.fixture.ts";

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
