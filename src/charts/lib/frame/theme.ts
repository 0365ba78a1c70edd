// Colours of the page for canvases, and notification of when they change.
import { interpolateLab, rgb } from "d3";

/** A custom property of theme.css as red, green, blue (0..255) in the theme of `element`. */
export function resolveColour(element: HTMLElement, property: string): [number, number, number] {
  const probe = element.ownerDocument.createElement("span");
  probe.style.color = `var(${property})`;
  element.append(probe);
  const { r, g, b } = rgb(getComputedStyle(probe).color);
  probe.remove();
  return [r, g, b];
}

/** 256 opaque pixels, as words of ImageData, from colour `from` to `to` in steps that look even (CIELAB). */
export function colourRamp(from: readonly number[], to: readonly number[]): Uint32Array {
  const css = ([r = 0, g = 0, b = 0]: readonly number[]): string => `rgb(${r},${g},${b})`;
  const mix = interpolateLab(css(from), css(to));
  const bytes = new Uint8ClampedArray(4 * 256);
  for (let i = 0; i < 256; i += 1) {
    const { r, g, b } = rgb(mix(i / 255));
    bytes.set([r, g, b, 255], 4 * i);
  }
  return new Uint32Array(bytes.buffer);
}

/** 256 pixels of one colour, as words of ImageData, from clear to opaque. */
export function alphaRamp([r = 0, g = 0, b = 0]: readonly number[]): Uint32Array {
  const bytes = new Uint8ClampedArray(4 * 256);
  for (let i = 0; i < 256; i += 1) bytes.set([r, g, b, i], 4 * i);
  return new Uint32Array(bytes.buffer);
}

/** How long a chart fades from one architecture to the next. */
export const FADE_MS = 150;

/** True where the reader prefers less motion. */
export function reducedMotion(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Calls `changed` when the system's or the page's theme changes; returns what ends that. */
export function watchTheme(changed: () => void): () => void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", changed);
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => {
    dark.removeEventListener("change", changed);
    observer.disconnect();
  };
}
