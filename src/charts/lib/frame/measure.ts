// Widths of texts, measured on a canvas that is never shown.

let context: CanvasRenderingContext2D | null = null;
/** Where there is no canvas, as in tests: about the width of a character. */
const CHARACTER_PX = 6;

/** Measures texts in the charts' 11 px font as `element` has it, in CSS pixels. */
export function textMeasurer(element: Element): (text: string) => number {
  context ??= element.ownerDocument.createElement("canvas").getContext("2d");
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  return (text) => {
    if (!context) return CHARACTER_PX * text.length;
    context.font = font;
    return context.measureText(text).width;
  };
}
