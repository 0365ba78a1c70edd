// The header: name, GPU, the library of models, the link to this page, and the theme.
import { ToggleGroup } from "radix-ui";
import { Boxes, HardDrive, Link, Monitor, Moon, SquareTerminal, Sun, type IconNode } from "lucide";
import type { Theme } from "../../../state/page/pageState.ts";
import { commandLineOf } from "../../../state/run/commandLine.ts";
import { CopyButton } from "../../parts/CopyButton.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { linkOf } from "../../pageLink.ts";
import { useActions, useStudio, useStudioStore } from "../../studioContext.tsx";
import { shownModel } from "../../../state/model/shownModel.ts";

const THEMES: readonly { value: Theme; label: string; icon: IconNode }[] = [
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
  { value: "system", label: "System", icon: Monitor },
];

function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M16 30V4M16 25H6a2.5 2.5 0 0 1-2.5-2.5V19M16 25h10a2.5 2.5 0 0 0 2.5-2.5V19" />
      <path d="M16 16H9.5A2.5 2.5 0 0 1 7 13.500V10M16 16h6.500a2.500 2.500 0 0 0 2.500-2.500V10M12.500 8h7" />
    </svg>
  );
}

function Adapter() {
  const adapter = useStudio((state) => shownModel(state)?.adapter ?? null);
  const title = adapter?.software ? `${adapter.name}: correct, but much slower than a graphics card` : undefined;
  return (
    <p className="header-adapter" data-testid="adapter" title={title}>
      {adapter === null ? "Looking for a GPU…" : adapter.software ? "Software GPU: slow" : adapter.name}
    </p>
  );
}

function CopyLink() {
  const { store } = useStudioStore();
  const link = (): string => {
    const now = linkOf(store);
    history.replaceState(null, "", now);
    return now;
  };
  return (
    <CopyButton
      text={link}
      instead={(now) => `Copy the link from the address bar: ${now}`}
      context="link"
      icon={Link}
      testId="save-link"
      className="link"
    >
      Copy link
    </CopyButton>
  );
}

function CopyCommand() {
  const { store } = useStudioStore();
  return (
    <CopyButton
      text={() => commandLineOf(store.getState())}
      instead={(line) => `Type it in the project’s folder: ${line}`}
      icon={SquareTerminal}
      title="The same run with npm run prune"
      testId="copy-command"
      className="link"
    >
      Copy command
    </CopyButton>
  );
}

function ThemeToggle() {
  const theme = useStudio((state) => state.theme);
  const { setTheme } = useActions();
  return (
    <ToggleGroup.Root
      className="toggle"
      type="single"
      value={theme}
      aria-label="Theme"
      onValueChange={(chosen) => {
        const known = THEMES.find(({ value }) => value === chosen);
        if (known) setTheme(known.value);
      }}
    >
      {THEMES.map(({ value, label, icon }) => (
        <ToggleGroup.Item key={value} value={value} aria-label={label} title={label} data-testid={`theme-${value}`}>
          <Icon of={icon} />
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}

export function Header() {
  const { showLibrary, showDialog } = useActions();
  return (
    <header className="header">
      <h1>
        <Mark /> Espalier
      </h1>
      <p className="header-line">Prune a language model in your browser</p>
      <Adapter />
      <button type="button" className="link" data-testid="models" onClick={() => showLibrary(true)}>
        <Icon of={Boxes} />
        Models
      </button>
      <button type="button" className="link" data-testid="storage" onClick={() => showDialog("storage")}>
        <Icon of={HardDrive} />
        Storage
      </button>
      <CopyLink />
      <CopyCommand />
      <ThemeToggle />
    </header>
  );
}
