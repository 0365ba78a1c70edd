// @vitest-environment happy-dom
// Links within the page scroll and move the focus, and leave the address alone; no link of another kind leads within the page.
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { act } from "react";
import { expect, it } from "vitest";
import { SectionLink } from "./SectionLink.tsx";

const sources = import.meta.glob<string>(["/src/**/*.tsx", "/index.html"], {
  query: "?raw",
  import: "default",
  eager: true,
});

it("scrolls to its element, focuses it, and keeps the address", () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  history.replaceState(null, "", "/#seed=3");
  document.body.innerHTML = '<h2 id="there"></h2><div id="root"></div>';
  const there = document.getElementById("there")!;
  let scrolled = 0;
  there.scrollIntoView = () => void (scrolled += 1);
  const root = createRoot(document.getElementById("root")!);
  act(() => root.render(createElement(SectionLink, { to: "there", children: "There" })));
  act(() => document.querySelector("a")!.click());
  expect(scrolled).toBe(1);
  expect(document.activeElement).toBe(there);
  expect(location.hash).toBe("#seed=3");
  act(() => root.unmount());
});

it("is the only kind of link that leads within the page", () => {
  const others = Object.entries(sources)
    .filter(([file, text]) => !file.endsWith("/SectionLink.tsx") && /href=(\{?["'`]#|\{`#)/.test(text))
    .map(([file]) => file);
  expect(Object.keys(sources).length).toBeGreaterThan(60);
  expect(others).toEqual([]);
});
