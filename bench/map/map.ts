// The gate map of a large model under a person's gestures: how long each frame takes, on a page of its own.
import { gateMap, mapZoom } from "../../src/charts/index.ts";
import { gateData } from "../../src/charts/gallery/gates.fixture.ts";
import type { FrameTimes } from "./measureMap.ts";

/** More blocks than any open model has, and the width of a model of 7 billion parameters. */
const SIZES = { layers: 160, dModel: 4096 };
/** Frames of each of the three gestures. */
const FRAMES = 120;
/** Of the wheel, per frame: with Ctrl, 120 frames zoom 28-fold. */
const WHEEL = 2;

const node = document.querySelector<HTMLElement>("#map");
if (!node) throw new Error("#map: expected an element, got none; open bench/map/map.html");
const chart = gateMap(node);
chart.update({ ...gateData(SIZES), fade: false });
mapZoom(chart);
const { plot } = chart.frame;

const nextFrame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));

/** A gesture of the mouse in the middle of the map, moved by `x` and `y`. */
function mouse(type: string, x = 0, y = 0): void {
  const box = plot.getBoundingClientRect();
  const place = { clientX: box.left + box.width / 2 + x, clientY: box.top + box.height / 2 + y };
  const target = type === "mousedown" ? plot : window;
  target.dispatchEvent(new MouseEvent(type, { ...place, bubbles: true, cancelable: true, view: window }));
}

function wheel(deltaY: number): void {
  const box = plot.getBoundingClientRect();
  const place = { clientX: box.left + box.width / 3, clientY: box.top + box.height / 3 };
  plot.dispatchEvent(new WheelEvent("wheel", { ...place, deltaY, ctrlKey: true, bubbles: true, cancelable: true }));
}

/** Zooms in, drags to and fro, and zooms out, one gesture per frame. */
async function measureFrames(): Promise<FrameTimes> {
  const work: number[] = [];
  const between: number[] = [];
  let before = await nextFrame();
  const frame = async (gesture: () => void): Promise<void> => {
    const began = performance.now();
    gesture();
    work.push(performance.now() - began);
    const now = await nextFrame();
    between.push(now - before);
    before = now;
  };
  for (let i = 0; i < FRAMES; i += 1) await frame(() => wheel(-WHEEL));
  const zoomed = chart.view().scale;
  mouse("mousedown");
  for (let i = 0; i < FRAMES; i += 1)
    await frame(() => mouse("mousemove", 300 * Math.sin(i / 10), 80 * Math.sin(i / 7)));
  mouse("mouseup");
  for (let i = 0; i < FRAMES; i += 1) await frame(() => wheel(WHEEL));
  const { width, height } = plot.getBoundingClientRect();
  return { ...SIZES, width, height, zoomed, work, between };
}

Object.assign(globalThis, { measureFrames });
