// Keeps the page's address and the recipes in step, both ways.
import { EngineError } from "../engine/index.ts";
import type { StudioStore } from "../state/store.ts";
import { hashOf, readHash } from "../state/page/url.ts";

/** Time between address changes: browsers refuse more than about a hundred in half a minute. */
const WRITE_MS = 400;

/** Takes the recipes from the address; reports the parts that are invalid. */
function read(store: StudioStore["store"]): void {
  const { problems, ...linked } = readHash(location.hash);
  const { setTexts, setRatio, setRecipe, chooseMethod, setWeightRecipe, notify } = store.getState();
  const { ratio, ...rest } = linked.recipe;
  if (hashOf(linked) !== hashOf(store.getState())) {
    setRecipe(rest);
    chooseMethod(linked.method);
    setWeightRecipe(linked.weightRecipe);
    setRatio(ratio);
    void setTexts({ calibration: linked.calibration, evaluation: linked.evaluation });
  }
  if (problems.length > 0)
    notify(
      new EngineError(
        "config",
        `Some settings in this link are invalid, so defaults were used: ${problems.join("; ")}.`,
      ),
    );
}

/** The address of this page with the current recipe. */
export function linkOf(store: StudioStore["store"]): string {
  const hash = hashOf(store.getState());
  return `${location.origin}${location.pathname}${location.search}${hash === "" ? "" : `#${hash}`}`;
}

/** Reads the address once, then keeps address and recipes in step. */
export function linkPage(store: StudioStore["store"]): void {
  read(store);
  addEventListener("hashchange", () => read(store));
  let waiting = false;
  store.subscribe((state, before) => {
    const same =
      state.method === before.method &&
      state.recipe === before.recipe &&
      state.weightRecipe === before.weightRecipe &&
      state.calibration === before.calibration &&
      state.evaluation === before.evaluation;
    if (same || waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      history.replaceState(null, "", linkOf(store));
    }, WRITE_MS);
  });
}
