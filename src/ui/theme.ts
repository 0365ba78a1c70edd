// Applies the chosen theme to the document and remembers it; "system" leaves the choice to the browser.
import type { StudioStore } from "../state/store.ts";
import type { Theme } from "../state/page/pageState.ts";

const KEY = "espalier-theme";
const isTheme = (value: string | null): value is Theme => value === "light" || value === "dark" || value === "system";

function remembered(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return isTheme(value) ? value : "system";
  } catch {
    // storage may be forbidden
    return "system";
  }
}

function apply(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

/** Applies the remembered theme, then follows the store. */
export function linkTheme(store: StudioStore["store"]): void {
  store.getState().setTheme(remembered());
  apply(store.getState().theme);
  store.subscribe(({ theme }, before) => {
    if (theme === before.theme) return;
    apply(theme);
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // not remembered; nothing else depends on it
    }
  });
}
