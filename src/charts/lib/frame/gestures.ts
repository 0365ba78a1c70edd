// Which gestures on a chart zoom or move it, so that the page keeps its scrolling.

export type MapGesture = Pick<MouseEvent, "type" | "ctrlKey" | "metaKey" | "shiftKey" | "button"> &
  Partial<Pick<WheelEvent, "deltaY"> & Pick<TouchEvent, "touches">>;

/**
 * Whether a gesture is meant for the map.
 * @param zoomed whether a part of the map is in view
 * @param entered whether the map has the focus, as after a click into it, or fills the screen
 */
export function isForMap(event: MapGesture, { zoomed, entered }: { zoomed: boolean; entered: boolean }): boolean {
  const { type, ctrlKey, metaKey, shiftKey, button, deltaY = 0, touches } = event;
  // nothing to zoom out of: the page scrolls
  if (type === "wheel") return ctrlKey || metaKey || (entered && (zoomed || deltaY < 0));
  if (touches) return zoomed || touches.length > 1;
  // Shift and drag selects
  return button === 0 && !ctrlKey && !shiftKey;
}
