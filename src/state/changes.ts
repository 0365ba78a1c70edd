// What follows from a change of the model, the text, the run or the pruning: each slice declares it, and it is applied here.
import type { GetState, Patch, StudioState } from "./storeState.ts";

type Change =
  /** A model was opened: another one, or the same one again after its device was lost. Its run's session is new. */
  | "opened"
  /** Another model is open. */
  | "model"
  /** The evaluation text has changed, or how many tokens of it are measured. */
  | "text"
  /** A run begins or is reset: what it pruned so far will change. */
  | "run"
  /** The current pruning is replaced: other weights, or those of another run, or none. */
  | "pruning";

/** The effect of a change on one slice. */
export interface Effect {
  /** Stops work that has become pointless. */
  stop?: () => void;
  /** The part of the state that is not true any more. */
  clear?: (before: StudioState) => Patch;
}

export interface Changes {
  /** Declares the effects on a slice. */
  on(effects: Partial<Record<Change, Effect>>): void;
  /** Stops what a change makes pointless, and returns what it clears: set that together with the change. */
  follow(change: Change): Patch;
}

export function changesOf(get: GetState): Changes {
  const slices: Partial<Record<Change, Effect>>[] = [];
  return {
    on: (effects) => void slices.push(effects),
    follow(change) {
      const effects = slices.flatMap((slice) => slice[change] ?? []);
      for (const { stop } of effects) stop?.();
      const before = get();
      return effects.reduce<Patch>((patch, { clear }) => ({ ...patch, ...clear?.(before) }), {});
    },
  };
}
