// The tooltip beside the cursor; the frame's live region reads out the same content.

/** Content of a tooltip: a heading and rows of label and value, each with an optional colour (a custom property of theme.css). */
export interface Tip {
  title: string;
  rows: readonly { label: string; value: string; colour?: string }[];
}

/** Least distance from the window's edge. */
const EDGE_PX = 4;

/** A tip as one sentence for a screen reader. */
export function tipSentence(tip: Tip): string {
  return `${tip.title}: ${tip.rows.map(({ label, value }) => `${label} ${value}`).join(", ")}.`;
}

/** Start of a box of `size` that is beside position `at` and inside of `room`: after it, or before it where there is no space. */
export function besides(at: number, size: number, room: number, gap: number): number {
  const after = at + gap;
  if (after + size <= room) return after;
  return Math.max(0, Math.min(at - gap - size, room - size));
}

/** `start` of a box of `size` moved into the window: `origin` is where the window has position 0, `room` its length. */
export function intoWindow(start: number, size: number, { origin, room }: { origin: number; room: number }): number {
  return Math.max(EDGE_PX - origin, Math.min(start, room - EDGE_PX - size - origin));
}

export interface Tooltip {
  /** Shows `tip` beside (x, y), CSS pixels of `root`. */
  show(x: number, y: number, tip: Tip): void;
  hide(): void;
}

/** Makes a hidden tooltip in `root` (a positioned element). */
export function createTooltip(root: HTMLElement): Tooltip {
  const box = root.ownerDocument.createElement("div");
  box.className = "chart-tip";
  box.hidden = true;
  box.setAttribute("aria-hidden", "true");
  root.append(box);
  const element = (tag: string, text: string): HTMLElement => {
    const made = root.ownerDocument.createElement(tag);
    made.textContent = text;
    return made;
  };
  return {
    show(x, y, tip) {
      const list = element("dl", "");
      for (const { label, value, colour } of tip.rows) {
        const term = element("dt", label);
        if (colour) {
          const swatch = element("i", "");
          swatch.style.background = `var(${colour})`;
          term.prepend(swatch);
        }
        list.append(term, element("dd", value));
      }
      box.replaceChildren(element("strong", tip.title), list);
      box.hidden = false;
      const left = besides(x, box.offsetWidth, root.clientWidth, 12);
      const top = besides(y, box.offsetHeight, root.clientHeight, 12);
      const { left: x0, top: y0 } = root.getBoundingClientRect();
      const { clientWidth, clientHeight } = root.ownerDocument.documentElement;
      const inWindow = [
        intoWindow(left, box.offsetWidth, { origin: x0, room: clientWidth }),
        intoWindow(top, box.offsetHeight, { origin: y0, room: clientHeight }),
      ];
      box.style.transform = `translate(${inWindow.map((px) => `${Math.round(px)}px`).join(", ")})`;
    },
    hide() {
      box.hidden = true;
    },
  };
}
