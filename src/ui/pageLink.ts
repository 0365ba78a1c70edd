// Keeps the page's address and the recipes in step, both ways.
import { EngineError } from "../engine/index.ts";
import type { StudioStore } from "../state/store.ts";
import type { StudioState } from "../state/storeState.ts";
import { linkedOf } from "../state/page/link/linked.ts";
import { hashOf, hasSettings, problemsText, readHash } from "../state/page/link/url.ts";

/** Time between address changes: browsers refuse more than about a hundred in half a minute. */
const WRITE_MS = 400;

/** Whether a hash is the address of an element on the page, as of a link of the browser's own. It is never read as settings. */
function namesElement(hash: string): boolean {
  const id = hash.replace(/^#/, "");
  if (id === "") return false;
  let decoded = id;
  try {
    decoded = decodeURIComponent(id);
  } catch {
    // not encoded: the id as it is
  }
  return document.getElementById(id) !== null || document.getElementById(decoded) !== null;
}

/** Begins the address of a comparison (SaveComparison.tsx), which is no setting. */
export const COMPARISON = "#comparison=";

/** Takes the recipes from the address; reports the parts that are invalid. A hash that is not meant as settings changes nothing. */
function read(store: StudioStore["store"]): void {
  const { hash } = location;
  if (hash.startsWith(COMPARISON)) return void store.getState().openComparisonLink(hash.slice(COMPARISON.length));
  if (namesElement(hash)) return history.replaceState(null, "", linkOf(store));
  const { problems, ...linked } = readHash(hash);
  const { setTexts, setRatio, setRecipe, chooseMethod, setWeightRecipe, setGeneration, notify } = store.getState();
  const { ratio, ...rest } = linked.recipe;
  const meant = hasSettings(hash);
  if (meant && hashOf(linked) !== hashOf(linkedOf(store.getState()))) {
    setRecipe(rest);
    chooseMethod(linked.method);
    setWeightRecipe(linked.weightRecipe);
    setRatio(ratio);
    void setTexts({ calibration: linked.calibration, evaluation: linked.evaluation });
    setGeneration({ prompt: linked.prompt });
    if (linked.evaluationTokens !== null) measureOn(store, linked.evaluationTokens);
    if (linked.model !== null) nameModel(store, linked.model);
  }
  if (problems.length > 0)
    notify(
      new EngineError(
        "config",
        `${meant ? "Some settings in this link are invalid, so defaults were used" : "The link has no setting that Espalier knows, so nothing was changed"}: ${problemsText(problems)}`,
      ),
      "link",
    );
}

/** Calls `act` once, when `ready` holds: now, or after the change that makes it so. */
function when(
  store: StudioStore["store"],
  ready: (state: StudioState) => boolean,
  act: (state: StudioState) => void,
): void {
  if (ready(store.getState())) return act(store.getState());
  const leave = store.subscribe((state) => {
    if (!ready(state)) return;
    leave();
    act(state);
  });
}

/** Measures on this many tokens, once a model is open: opening one chooses them by the adapter. */
function measureOn(store: StudioStore["store"], tokens: number): void {
  when(
    store,
    ({ model }) => model.phase === "open",
    ({ setEvaluationTokens }) => setEvaluationTokens(tokens),
  );
}

/** Says which model a link is of, until it is open. It is not opened here: a link must not make a page fetch files. */
function nameModel(store: StudioStore["store"], name: string): void {
  const isOpen = (state: StudioState): boolean => linkedOf(state).model === name;
  if (isOpen(store.getState())) return;
  const text = `This link is of the model ${name}. Its settings are set; open ${name} under Models before you train`;
  store.getState().notify(new EngineError("config", text), "link");
  const notice = store.getState().notices.at(-1);
  if (notice) when(store, isOpen, ({ dismiss }) => dismiss(notice.id));
}

/** The address of this page with the current recipe. */
export function linkOf(store: StudioStore["store"]): string {
  const hash = hashOf(linkedOf(store.getState()));
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
      state.model === before.model &&
      state.prompt === before.prompt &&
      state.evaluationTokens === before.evaluationTokens &&
      state.calibration === before.calibration &&
      state.evaluation === before.evaluation;
    // the address of a comparison stays while it is shown, so that a reload shows it again
    if (same || waiting || state.linkedComparison || location.hash.startsWith(COMPARISON)) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      history.replaceState(null, "", linkOf(store));
    }, WRITE_MS);
  });
}
