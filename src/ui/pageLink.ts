// Keeps the page's address and the recipes in step, both ways.
import { EngineError } from "../engine/index.ts";
import { canChangeTexts, canEditRecipe } from "../state/allowed.ts";
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

/** Whether a link may change the settings: it must not change those of a run that has begun. */
const canApply = (state: StudioState): boolean =>
  canEditRecipe(state) && canChangeTexts(state) && state.weightPruning.phase !== "pruning";

const RUN_KEPT = "A run has begun, and a link must not change its settings. Stop the run, then open the link again";

/**
 * Takes the recipes from the address; reports the parts that are invalid. A hash that is not meant as settings changes nothing. `later` is
 * told what ends the wait of a setting for its model.
 */
function read(store: StudioStore["store"], later: (leave: () => void) => void): void {
  const { hash } = location;
  if (hash.startsWith(COMPARISON)) return void store.getState().openComparisonLink(hash.slice(COMPARISON.length));
  if (namesElement(hash)) return history.replaceState(null, "", linkOf(store));
  const { problems, ...linked } = readHash(hash);
  const { setTexts, setRatio, setRecipe, chooseMethod, setWeightRecipe, setGeneration, notify } = store.getState();
  const { ratio, ...rest } = linked.recipe;
  const meant = hasSettings(hash);
  const changes = meant && hashOf(linked) !== hashOf(linkedOf(store.getState()));
  if (changes && !canApply(store.getState())) {
    notify(new EngineError("config", RUN_KEPT), "link");
    return history.replaceState(null, "", linkOf(store));
  }
  if (changes) {
    setRecipe(rest);
    chooseMethod(linked.method);
    setWeightRecipe(linked.weightRecipe);
    setRatio(ratio);
    void setTexts({ calibration: linked.calibration, evaluation: linked.evaluation });
    setGeneration({ prompt: linked.prompt });
    const { model, evaluationTokens } = linked;
    const isOpen = (state: StudioState): boolean =>
      model === null ? state.model.phase === "open" : linkedOf(state).model === model;
    // opening a model chooses their number by the adapter
    if (evaluationTokens !== null)
      later(when(store, isOpen, ({ setEvaluationTokens }) => setEvaluationTokens(evaluationTokens)));
    if (model !== null) later(nameModel(store, model, isOpen));
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

type Ready = (state: StudioState) => boolean;

const DONE = (): void => undefined;

/** Calls `act` once, when `ready` holds: now, or after the change that makes it so. The returned function ends the wait. */
function when(store: StudioStore["store"], ready: Ready, act: (state: StudioState) => void): () => void {
  if (ready(store.getState())) {
    act(store.getState());
    return DONE;
  }
  const leave = store.subscribe((state) => {
    if (!ready(state)) return;
    leave();
    act(state);
  });
  return leave;
}

/** Says which model a link is of, until it is open. It is not opened here: a link must not make a page fetch files. */
function nameModel(store: StudioStore["store"], name: string, isOpen: Ready): () => void {
  if (isOpen(store.getState())) return DONE;
  const text = `This link is of the model ${name}. Its settings are set; open ${name} before you train`;
  store.getState().notify(new EngineError("config", text), "link");
  const notice = store.getState().notices.at(-1);
  return notice ? when(store, isOpen, ({ dismiss }) => dismiss(notice.id)) : DONE;
}

/** The address of this page with the current recipe. */
export function linkOf(store: StudioStore["store"]): string {
  const hash = hashOf(linkedOf(store.getState()));
  return `${location.origin}${location.pathname}${location.search}${hash === "" ? "" : `#${hash}`}`;
}

/** Reads the address once, then keeps address and recipes in step. */
export function linkPage(store: StudioStore["store"]): void {
  let waits: (() => void)[] = [];
  const readAnew = (): void => {
    // what an earlier link still waits for is out of date
    for (const leave of waits) leave();
    waits = [];
    read(store, (leave) => waits.push(leave));
  };
  readAnew();
  addEventListener("hashchange", readAnew);
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
