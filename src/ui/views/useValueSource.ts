// A value of React as a chart's source: the chart is made once and hears of each new value.
import { useEffect, useState } from "react";
import type { Source } from "../parts/ChartView.tsx";

/** The same source for every render; it tells its readers after the render that brought a new value. */
export function useValueSource<Data>(value: Data): Source<Data> {
  const [held] = useState(() => {
    let now = value;
    const readers = new Set<() => void>();
    const source: Source<Data> = {
      read: () => now,
      subscribe(changed) {
        readers.add(changed);
        return () => void readers.delete(changed);
      },
    };
    const put = (next: Data): void => {
      now = next;
      for (const changed of readers) changed();
    };
    return { source, put };
  });
  useEffect(() => held.put(value), [held, value]);
  return held.source;
}
