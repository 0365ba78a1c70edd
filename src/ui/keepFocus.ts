// Keeps the keyboard's focus on the page: when the focused control goes or is disabled, focus moves near to where it was, never to the body.

/** What can have the focus by Tab. */
const FOCUSABLE = "button, input, select, textarea, a[href], summary, [tabindex]";
/** Parts of the page that stay when controls come and go. */
const LANDMARK = "section, form, figure, details, header, footer, main";
/** Dialogs keep and return the focus themselves. */
const OWN_KEEPERS = "[role=dialog], [role=alertdialog]";
/** A control that is disabled while the worker answers gets the focus back; only after this time does it move on. */
const GRACE_MS = 400;

/** A focused control, and how to find it or its place again. */
interface Spot {
  element: HTMLElement;
  /** Its test id: a control that React makes anew keeps it. */
  key: string | null;
  /** From its parent to the body. */
  ancestors: readonly HTMLElement[];
}

function spotOf(element: HTMLElement): Spot {
  const ancestors: HTMLElement[] = [];
  for (let node = element.parentElement; node; node = node.parentElement) ancestors.push(node);
  return { element, key: element.dataset["testid"] ?? null, ancestors };
}

/** Whether it can have the focus. What a link leads to, such as a heading, has it without being a tab stop. */
const usable = (element: HTMLElement): boolean =>
  element.isConnected && !element.matches(":disabled, [hidden], [hidden] *");

const controlsIn = (part: HTMLElement): HTMLElement[] =>
  [...part.querySelectorAll<HTMLElement>(FOCUSABLE)].filter((element) => usable(element) && element.tabIndex >= 0);

/** Where the focus goes from a control that is gone: the same control made anew, its nearest neighbour, or else the part of the page it was in. */
function successor(origin: Spot, last: Spot): HTMLElement | null {
  if (usable(origin.element)) return origin.element;
  const parts = last.ancestors.filter((part) => part.isConnected && part !== document.body);
  const within = parts.findIndex((part) => part.matches(LANDMARK));
  const near = within < 0 ? parts : parts.slice(0, within + 1);
  const anew = near.map((part) => controlsIn(part).find(({ dataset }) => dataset["testid"] === origin.key));
  const found = (origin.key !== null && anew.find(Boolean)) || near.map((part) => controlsIn(part)[0]).find(Boolean);
  return found ?? near.at(-1) ?? null;
}

function focusOn(element: HTMLElement): void {
  if (!element.matches(FOCUSABLE)) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

/** Starts keeping the focus; the returned function ends that. */
export function keepFocus(): () => void {
  /** The control that the person chose, and the one that has the focus now: they differ after the focus was moved. */
  let origin: Spot | null = null;
  let last: Spot | null = null;
  let moving = false;
  /** The control is there, but cannot have the focus. */
  let disabled = false;
  let grace: ReturnType<typeof setTimeout> | undefined;
  const lost = (): boolean => {
    const active = document.activeElement;
    return last !== null && !usable(last.element) && (!active || active === document.body || active === last.element);
  };
  const move = (): void => {
    const next = origin && last && lost() ? successor(origin, last) : null;
    if (!next) return;
    moving = true;
    focusOn(next);
    moving = false;
  };
  const check = (): void => {
    clearTimeout(grace);
    if (!last) return;
    const active = document.activeElement;
    // enabled again: the focus was only away while the control could not have it
    if (disabled && usable(last.element) && (!active || active === document.body)) focusOn(last.element);
    disabled = lost() && last.element.isConnected;
    if (disabled) grace = setTimeout(move, GRACE_MS);
    else if (lost()) move();
  };
  const observer = new MutationObserver(check);
  const entered = ({ target }: FocusEvent): void => {
    if (!(target instanceof HTMLElement) || target.closest(OWN_KEEPERS)) return;
    last = spotOf(target);
    disabled = false;
    if (!moving) origin = last;
    observer.observe(document.body, { childList: true, subtree: true, attributeFilter: ["disabled", "hidden"] });
  };
  const left = ({ target }: FocusEvent): void => {
    // a control that goes takes the focus with it; a person who leaves one leaves it usable
    queueMicrotask(() => {
      if (target !== last?.element || !usable(last.element) || document.activeElement === target) return;
      last = null;
      observer.disconnect();
    });
  };
  document.addEventListener("focusin", entered);
  document.addEventListener("focusout", left);
  return () => {
    clearTimeout(grace);
    observer.disconnect();
    document.removeEventListener("focusin", entered);
    document.removeEventListener("focusout", left);
  };
}
