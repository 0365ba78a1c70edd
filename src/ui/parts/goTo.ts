// Going to another place on the page: scrolls there and moves the focus, so that the next Tab continues from there.

/** id: of the element. Does nothing where it is not on the page. */
export function goTo(id: string): void {
  const target = document.getElementById(id);
  if (!target) return;
  target.scrollIntoView();
  if (target.tabIndex < 0) target.tabIndex = -1;
  target.focus({ preventScroll: true });
}
