// What stays in sight while the page scrolls: the rail, the target and the results. It shrinks then, and nothing below it moves.
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { ReactNode } from "react";

export function Pinned({ children }: { children: ReactNode }) {
  const mark = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const rest = useRef<HTMLDivElement>(null);
  const [pinned, setPinned] = useState(false);
  /** Height while it is not pinned, CSS pixels. */
  const full = useRef(0);
  useEffect(() => {
    const node = mark.current;
    if (!node) return undefined;
    const observer = new IntersectionObserver(([entry]) => {
      if (!entry) return;
      const above = !entry.isIntersecting && entry.boundingClientRect.top < 0;
      if (above)
        full.current = box.current?.dataset["pinned"] === "true" ? full.current : (box.current?.offsetHeight ?? 0);
      setPinned(above);
    });
    observer.observe(node);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    const node = box.current;
    if (!node || !rest.current) return;
    // the place that it took stays taken; a margin would collapse with that of what follows
    rest.current.style.height = pinned ? `${Math.max(0, full.current - node.offsetHeight)}px` : "";
    document.documentElement.style.setProperty("--pinned", `${pinned ? node.offsetHeight : 0}px`);
  }, [pinned]);
  return (
    <>
      <div className="pinned-mark" ref={mark} />
      <div className="pinned" ref={box} data-pinned={pinned} data-testid="pinned">
        {children}
      </div>
      <div ref={rest} />
    </>
  );
}
