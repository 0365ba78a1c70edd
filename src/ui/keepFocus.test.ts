// @vitest-environment happy-dom
// The focus stays on the page when its control goes or is disabled, and it is left alone when a person leaves a control.
import { afterEach, beforeEach, expect, it } from "vitest";
import { keepFocus } from "./keepFocus.ts";

let stop = (): void => undefined;
const byId = (id: string): HTMLElement => document.getElementById(id)!;
const settle = (ms = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const focused = (): string => (document.activeElement as HTMLElement | null)?.id ?? "";
const button = (id: string): string => `<button id="${id}" data-testid="${id.replace(/2$/, "")}">${id}</button>`;

beforeEach(() => {
  document.body.innerHTML = `<header>${button("models")}</header>
    <section id="export"><div id="place">${button("prepare")}</div>${button("other")}</section>
    <section id="alone"><p id="words">${button("only")}</p></section>`;
  stop = keepFocus();
});
afterEach(() => stop());

it("goes to what takes the control's place, and back to the control made anew", async () => {
  byId("prepare").focus();
  byId("place").innerHTML = button("cancel");
  await settle();
  expect(focused()).toBe("cancel");
  byId("place").innerHTML = button("prepare2");
  await settle();
  expect(focused()).toBe("prepare2");
});

it("goes to the part of the page where no control is left", async () => {
  byId("only").focus();
  byId("words").innerHTML = "done";
  await settle();
  expect(focused()).toBe("alone");
});

it("waits for a control that is disabled while the worker answers", async () => {
  const control = byId("prepare") as HTMLButtonElement;
  control.focus();
  control.disabled = true;
  control.blur();
  await settle(50);
  control.disabled = false;
  await settle(50);
  expect(focused()).toBe("prepare");
});

it("moves on from a control that stays disabled, and returns once it can", async () => {
  const control = byId("only") as HTMLButtonElement;
  control.focus();
  control.disabled = true;
  control.blur();
  await settle(500);
  expect(focused()).toBe("alone");
});

it("never takes the focus back from a person who moves on, even if the page changes at that moment", async () => {
  const control = byId("prepare");
  control.addEventListener("blur", () => document.body.append(document.createElement("p")));
  control.focus();
  control.blur();
  await settle(50);
  expect(document.activeElement).toBe(document.body);
  byId("other").focus();
  await settle(50);
  expect(focused()).toBe("other");
});

it("is left alone when a person leaves a control", async () => {
  byId("prepare").focus();
  byId("prepare").blur();
  await settle();
  byId("place").innerHTML = "";
  await settle();
  expect(document.activeElement).toBe(document.body);
});

it("leaves the focus on a heading that a link leads to, whatever changes on the page", async () => {
  byId("words").innerHTML = `<b id="heading" tabindex="-1">heading</b>${button("only")}`;
  byId("heading").focus();
  byId("place").innerHTML = button("cancel");
  await settle(500);
  expect(focused()).toBe("heading");
  byId("heading").remove();
  await settle();
  expect(focused()).toBe("only");
});
