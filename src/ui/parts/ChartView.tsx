// The adapter between React and the D3 charts: React makes the node, the chart draws in it, and data bypass rendering.
import { useEffect, useImperativeHandle, useRef } from "react";
import type { Ref } from "react";
import type { Chart as Drawn } from "../../charts/index.ts";

/** Where a chart gets its data. */
export interface Source<Data> {
  /** The current data; null while there are none. */
  read(): Data | null;
  /** Calls `changed` after every change; the returned function ends that. */
  subscribe(changed: () => void): () => void;
}

/** What the buttons beside a chart need from it. */
export interface ChartHandle {
  /** The chart as an SVG file. */
  svg(title?: string): string;
}

interface Props<Data> {
  /** Draws the chart into a node. Stable between renders, like `source`. */
  make: (node: HTMLElement) => Drawn<Data>;
  source: Source<Data>;
  ref?: Ref<ChartHandle>;
}

export function ChartView<Data>({ make, source, ref }: Props<Data>) {
  const holder = useRef<HTMLDivElement>(null);
  const drawn = useRef<Drawn<Data> | null>(null);
  useImperativeHandle(ref, () => ({ svg: (title) => drawn.current?.svg(title) ?? "" }), []);
  useEffect(() => {
    const node = holder.current;
    if (!node) return;
    const chart = make(node);
    drawn.current = chart;
    let frame = 0;
    const draw = (): void => {
      frame = 0;
      const data = source.read();
      if (data) chart.update(data);
    };
    // However often the data change, a chart is drawn at most once per frame.
    const changed = (): void => {
      if (frame === 0) frame = requestAnimationFrame(draw);
    };
    draw();
    // A crash of the GPU process empties canvases too; the event does not bubble, so it is caught in the capture phase.
    node.addEventListener("contextrestored", changed, true);
    const leave = source.subscribe(changed);
    return () => {
      leave();
      node.removeEventListener("contextrestored", changed, true);
      cancelAnimationFrame(frame);
      drawn.current = null;
      chart.destroy();
    };
  }, [make, source]);
  return <div ref={holder} />;
}
