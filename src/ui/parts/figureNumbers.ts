// Numbers the figures by where they are on the page: a figure that appears or goes renumbers those after it.
import { createContext, useCallback, useContext, useLayoutEffect, useSyncExternalStore } from "react";
import type { RefObject } from "react";

interface FigureNumbers {
  /** Adds the figure `name`, drawn in `node`; the returned function removes it. */
  add(name: string, node: Node): () => void;
  /** From 1 in document order; null for a figure that is not on the page. */
  numberOf(name: string): number | null;
  /** Calls `changed` whenever a number may have changed; the returned function ends that. */
  subscribe(changed: () => void): () => void;
}

function createFigureNumbers(): FigureNumbers {
  const nodes = new Map<string, Node>();
  const readers = new Set<() => void>();
  let order: string[] = [];
  const renumber = (): void => {
    const follows = (a: Node, b: Node): boolean =>
      (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
    order = [...nodes].sort(([, a], [, b]) => (follows(a, b) ? -1 : 1)).map(([name]) => name);
    for (const changed of readers) changed();
  };
  return {
    add(name, node) {
      nodes.set(name, node);
      renumber();
      return () => {
        if (nodes.get(name) === node) nodes.delete(name);
        renumber();
      };
    },
    numberOf: (name) => (nodes.has(name) ? order.indexOf(name) + 1 : null),
    subscribe(changed) {
      readers.add(changed);
      return () => void readers.delete(changed);
    },
  };
}

/** The numbering of the page; one for the whole document, as figures are numbered across all panels. */
const FigureNumbersContext = createContext(createFigureNumbers());

/** The number of a figure, followed as figures come and go; null while it is not on the page. */
export function useFigureNumber(name: string): number | null {
  const numbers = useContext(FigureNumbersContext);
  return useSyncExternalStore(
    numbers.subscribe,
    useCallback(() => numbers.numberOf(name), [numbers, name]),
  );
}

/** Adds the figure in `node` to the numbering for as long as it is on the page; returns its number. */
export function useNumbered(name: string, node: RefObject<Node | null>): number | null {
  const numbers = useContext(FigureNumbersContext);
  useLayoutEffect(() => (node.current ? numbers.add(name, node.current) : undefined), [numbers, name, node]);
  return useFigureNumber(name);
}
