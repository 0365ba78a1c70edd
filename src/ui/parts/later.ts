// Parts of the page whose scripts load after the first picture: with their first use, or once a model is open.
import { type ComponentType, lazy, type LazyExoticComponent } from "react";

const loaders: (() => Promise<unknown>)[] = [];

/** A component that is loaded later. Render it in a Suspense. */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): LazyExoticComponent<ComponentType<Props>> {
  loaders.push(load);
  return lazy(async () => ({ default: await load() }));
}

/** Loads all of them: from then on the page works without the network. */
export function preload(): void {
  for (const load of loaders) load().catch(() => undefined);
}
