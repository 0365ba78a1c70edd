// The one adapter between React and the D3 charts: React makes the place, the chart draws in it, data never pass through a render.
import { useEffect, useImperativeHandle, useRef } from "react";
import type { Ref } from "react";
import type { Chart as Drawn } from "../../charts/index.ts";

/** Where a chart's data come from. */
export interface Source<Data> {
  /** The present data, or null while there are none. */
  read(): Data | null;
  subscribe(changed: () => void): () => void;
}

/** What the buttons beside a chart can ask of it. */
export interface ChartHandle {
  svg(title?: string): string;
}

interface Props<Data> {
  /** Stable between renders, as is `source`. */
  make: (node: HTMLElement) => Drawn<Data>;
  source: Source<Data>;
  ref?: Ref<ChartHandle>;
}

export function ChartView<Data>({ make, source, ref }: Props<Data>) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<Drawn<Data> | null>(null);
  useImperativeHandle(ref, () => ({ svg: (title) => drawn.current?.svg(title) ?? "" }), []);
  useEffect(() => {
    const node = place.current;
    if (!node) return;
    const chart = make(node);
    drawn.current = chart;
    let frame = 0;
    const draw = (): void => {
      frame = 0;
      const data = source.read();
      if (data) chart.update(data);
    };
    // However often the data change, a chart is drawn once a frame at most.
    const changed = (): void => {
      if (frame === 0) frame = requestAnimationFrame(draw);
    };
    draw();
    // A crash of the GPU process empties canvases too; the event does not bubble, so it is caught on its way down.
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
  return <div ref={place} />;
}
