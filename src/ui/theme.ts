// The chosen theme on the document, and remembered; "system" leaves it to the browser.
import type { StudioStore } from "../state/store.ts";
import type { Theme } from "../state/storeState.ts";

const KEY = "espalier-theme";
const isTheme = (value: string | null): value is Theme => value === "light" || value === "dark" || value === "system";

function remembered(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return isTheme(value) ? value : "system";
  } catch {
    // A browser that forbids storage still gets a theme.
    return "system";
  }
}

function apply(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

/** Sets the remembered theme and follows the store from here on. */
export function linkTheme(store: StudioStore["store"]): void {
  store.getState().setTheme(remembered());
  apply(store.getState().theme);
  store.subscribe(({ theme }, before) => {
    if (theme === before.theme) return;
    apply(theme);
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Not remembered; nothing else is lost.
    }
  });
}
