// The theme's colours as pixels of the gate map.
import { alphaRamp, colourRamp, resolveColour } from "../../lib/frame/theme.ts";
import { COMPARED_COLOURS } from "./comparedPixels.ts";

export interface GateColours {
  /** 256 pixels from pruned to kept, and from no change to a change. */
  kept: Uint32Array;
  heat: Uint32Array;
  /** Red, green, blue by the value of COMPARED. */
  compared: readonly (readonly number[])[];
}

/** The colours in the theme of `plot`. */
export function coloursOf(plot: HTMLElement): GateColours {
  return {
    kept: colourRamp(resolveColour(plot, "--chart-pruned"), resolveColour(plot, "--chart-kept")),
    heat: alphaRamp(resolveColour(plot, "--chart-flash")),
    compared: COMPARED_COLOURS.map((name) => resolveColour(plot, name)),
  };
}
