// Name, adapter, the library of models, the page's link and the theme.
import { useState } from "react";
import { ToggleGroup } from "radix-ui";
import { EngineError } from "../../../engine/index.ts";
import type { Theme } from "../../../state/storeState.ts";
import { shownModel } from "../../views/chartSources.ts";
import { linkOf } from "../../pageLink.ts";
import { useActions, useStudio, useStudioStore } from "../../studioContext.tsx";

const THEMES: readonly Theme[] = ["light", "dark", "system"];
const SAID_MS = 2500;

function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M16 30V4M16 25H6a2.5 2.5 0 0 1-2.5-2.5V19M16 25h10a2.5 2.5 0 0 0 2.5-2.5V19" />
      <path d="M16 16H9.5A2.5 2.5 0 0 1 7 13.500V10M16 16h6.500a2.500 2.500 0 0 0 2.500-2.500V10M12.500 8h7" />
    </svg>
  );
}

function SaveLink() {
  const { store } = useStudioStore();
  const { notify } = useActions();
  const [said, setSaid] = useState(false);
  const save = async (): Promise<void> => {
    history.replaceState(null, "", linkOf(store));
    try {
      await navigator.clipboard.writeText(linkOf(store));
      setSaid(true);
      setTimeout(() => setSaid(false), SAID_MS);
    } catch {
      notify(
        new EngineError(
          "storage",
          `The browser does not let this page copy; the address bar has the link: ${linkOf(store)}`,
        ),
      );
    }
  };
  return (
    <button type="button" className="link" data-testid="save-link" onClick={() => void save()}>
      <span aria-live="polite">{said ? "Link copied" : "Save link"}</span>
    </button>
  );
}

export function Header() {
  const theme = useStudio((state) => state.theme);
  const adapter = useStudio((state) => shownModel(state)?.adapter ?? null);
  const { setTheme, showLibrary } = useActions();
  return (
    <header className="header">
      <h1>
        <Mark /> Espalier
      </h1>
      <p className="header-line">language models, pruned to a trellis</p>
      <p
        className="header-adapter"
        data-testid="adapter"
        title={adapter?.software ? "A software adapter: correct, but slow" : undefined}
      >
        {adapter ? `${adapter.name}${adapter.software ? " (software)" : ""}` : "no GPU device yet"}
      </p>
      <button type="button" className="link" data-testid="models" onClick={() => showLibrary(true)}>
        Models
      </button>
      <SaveLink />
      <ToggleGroup.Root
        className="toggle"
        type="single"
        value={theme}
        aria-label="Theme"
        onValueChange={(value) => {
          const chosen = THEMES.find((one) => one === value);
          if (chosen) setTheme(chosen);
        }}
      >
        {THEMES.map((one) => (
          <ToggleGroup.Item key={one} value={one} data-testid={`theme-${one}`}>
            {one}
          </ToggleGroup.Item>
        ))}
      </ToggleGroup.Root>
    </header>
  );
}
