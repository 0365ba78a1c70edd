// The rail: every section of the page in one click, or by "g" and a letter.
import { useEffect, useState } from "react";
import { Keyboard, Search } from "lucide";
import { SECTIONS } from "../actions/sections.ts";
import { SectionLink } from "../parts/SectionLink.tsx";
import { Icon } from "../parts/Icon.tsx";
import { useActions } from "../studioContext.tsx";

/** A section is the current one while its beginning is above this share of the window. */
const CURRENT_ABOVE = 0.45;

/** The last section that begins above the middle of the window; at the end of the page, the last one. */
function currentSection(): string {
  const { scrollY } = window;
  const end = scrollY > 0 && scrollY + innerHeight >= document.documentElement.scrollHeight - 4;
  const above = SECTIONS.filter(({ id }) => {
    const top = document.getElementById(id)?.getBoundingClientRect().top ?? Infinity;
    return top < innerHeight * CURRENT_ABOVE;
  });
  const [first] = SECTIONS;
  return (end ? SECTIONS.at(-1) : above.at(-1))?.id ?? first?.id ?? "";
}

function useCurrentSection(): string {
  const [current, setCurrent] = useState(SECTIONS[0]?.id ?? "");
  useEffect(() => {
    let frame = 0;
    const look = (): void => {
      frame = 0;
      setCurrent(currentSection());
    };
    const scrolled = (): void => {
      if (frame === 0) frame = requestAnimationFrame(look);
    };
    addEventListener("scroll", scrolled, { passive: true });
    return () => {
      removeEventListener("scroll", scrolled);
      cancelAnimationFrame(frame);
    };
  }, []);
  return current;
}

export function Rail() {
  const current = useCurrentSection();
  const { showDialog } = useActions();
  return (
    <nav className="rail" aria-label="Sections">
      {SECTIONS.map(({ name, id, key }) => (
        <SectionLink key={id} to={id} current={current === id} keys={`g ${key}`}>
          {name}
        </SectionLink>
      ))}
      <span className="rail-tools">
        <button type="button" className="link" data-testid="open-palette" onClick={() => showDialog("palette")}>
          <Icon of={Search} />
          Actions <kbd>Ctrl K</kbd>
        </button>
        <button type="button" className="link" data-testid="open-keys" onClick={() => showDialog("keys")}>
          <Icon of={Keyboard} />
          Keys <kbd>?</kbd>
        </button>
      </span>
    </nav>
  );
}
