// A React value as a chart's source: the chart is made once and follows the value.
import { useEffect, useState } from "react";
import type { Source } from "../parts/ChartView.tsx";

/** The same source at every render; its readers are notified after a render with a new value. */
export function useValueSource<Data>(value: Data): Source<Data> {
  const [holder] = useState(() => {
    let current = value;
    const readers = new Set<() => void>();
    const source: Source<Data> = {
      read: () => current,
      subscribe(changed) {
        readers.add(changed);
        return () => void readers.delete(changed);
      },
    };
    const put = (next: Data): void => {
      current = next;
      for (const changed of readers) changed();
    };
    return { source, put };
  });
  useEffect(() => holder.put(value), [holder, value]);
  return holder.source;
}
