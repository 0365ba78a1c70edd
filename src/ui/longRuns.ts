// Long work and the window: progress in the tab's title, a question before leaving, a screen that stays on, and a notification at the end.
import { duration, percent } from "../shared/format.ts";
import type { StudioStore } from "../state/store.ts";
import type { StudioState } from "../state/storeState.ts";

const NAME = "Espalier";
/** How often the title follows. */
const TITLE_MS = 1000;
const ASKED = "espalier-notify";

/** Work that leaving would end. A paused run is saved. */
export const isWorking = (state: StudioState): boolean => {
  const { run, weightPruning, recovery, scores, exported, nested, saving } = state;
  return (
    run.phase === "training" ||
    weightPruning.phase === "pruning" ||
    scores.phase === "measuring" ||
    recovery.phase === "recovering" ||
    exported.phase === "preparing" ||
    nested.phase === "preparing" ||
    saving.phase === "saving"
  );
};

/** Tasks besides training that take long enough for a title, the first of them that is under way. */
const TITLED = [
  { task: "recover", word: "Recovering" },
  { task: "weights", word: "Pruning" },
  { task: "export", word: "Exporting" },
  { task: "scores", word: "Scoring" },
  { task: "open", word: "Opening" },
] as const;

/** "42 %, 3 min left – Espalier" while a run trains; the name alone while nothing is under way. */
export function windowTitle(state: Pick<StudioState, "run" | "pace" | "progress">): string {
  const { run, pace, progress } = state;
  if (run.phase === "training") {
    const left = pace ? `, ${duration(pace.secondsLeft)} left` : "";
    return `${percent(run.step / Math.max(1, run.of), 0)}${left} – ${NAME}`;
  }
  for (const { task, word } of TITLED) {
    const under = progress[task];
    if (!under) continue;
    const left = under.secondsLeft === undefined ? "" : `, ${duration(under.secondsLeft)} left`;
    return `${word} ${percent(under.done / Math.max(1, under.total), 0)}${left} – ${NAME}`;
  }
  return run.phase === "paused" ? `Paused – ${NAME}` : NAME;
}

/** Whether the person may still be asked for notifications, which is done once. */
export function canAskToNotify(): boolean {
  try {
    return "Notification" in window && Notification.permission === "default" && localStorage.getItem(ASKED) === null;
  } catch {
    return false;
  }
}

/** Asks, whatever the answer, only once. */
export async function askToNotify(): Promise<void> {
  try {
    localStorage.setItem(ASKED, "asked");
  } catch {
    // not remembered
  }
  await Notification.requestPermission();
}

/** Only where nobody looks: a person at the page sees the end. */
function notifyEnd(text: string): void {
  if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
  try {
    new Notification(NAME, { body: text });
  } catch {
    // some browsers notify from service workers only
  }
}

/** Keeps the screen on while `wanted`, which browsers end whenever the page is hidden. */
function screenLock(): (wanted: boolean) => void {
  let held: Promise<WakeLockSentinel | null> | null = null;
  return (wanted) => {
    if (wanted && held === null && !document.hidden && "wakeLock" in navigator)
      held = navigator.wakeLock.request("screen").catch(() => null);
    if ((!wanted || document.hidden) && held !== null) {
      void held.then((lock) => lock?.release());
      held = null;
    }
  };
}

export function linkLongRuns({ store }: StudioStore): void {
  const lock = screenLock();
  const follow = (): void => lock(isWorking(store.getState()));
  let timer: ReturnType<typeof setTimeout> | undefined;
  store.subscribe((state, before) => {
    timer ??= setTimeout(() => {
      timer = undefined;
      document.title = windowTitle(store.getState());
    }, TITLE_MS);
    if (isWorking(state) !== isWorking(before)) follow();
    if (before.run.phase === "training" && state.run.phase === "done") notifyEnd("The run has ended.");
    if (before.recovery.phase === "recovering" && state.recovery.phase !== "recovering")
      notifyEnd("The recovery has ended.");
    if (before.weightPruning.phase === "pruning" && state.weightPruning.phase !== "pruning")
      notifyEnd("The pruning has ended.");
    if (before.exported.phase === "preparing" && state.exported.phase !== "preparing")
      notifyEnd("The export is prepared.");
  });
  document.addEventListener("visibilitychange", follow);
  addEventListener("beforeunload", (event) => {
    if (isWorking(store.getState())) event.preventDefault();
  });
}
