// @vitest-environment happy-dom
// A mistake stays in its field with the reason, and never becomes the value; unusual values are warned about.
import { createElement } from "react";
import { expect, it } from "vitest";
import { rendered } from "../render.fixture.ts";
import { NumberField } from "./NumberField.tsx";

type Props = Parameters<typeof NumberField>[0];

async function field(props: Partial<Props> = {}) {
  const values: number[] = [];
  const all: Props = {
    ...{ label: "Steps", value: 20, min: 1, max: 100_000, whole: true, testId: "steps", hint: "One sequence per step" },
    onValue: (value) => values.push(value),
    ...props,
  };
  const page = await rendered(createElement(NumberField, all));
  const input = page.get("steps") as HTMLInputElement;
  const described = (): string =>
    (input.getAttribute("aria-describedby") ?? "")
      .split(" ")
      .map((id) => document.getElementById(id)?.textContent)
      .join(" | ");
  return { page, input, values, described, all };
}

it.each(["Enter", "leave"] as const)("keeps a mistake and its reason after %s", async (end) => {
  const { page, input, values, described } = await field();
  await page.type("steps", "200000", end);
  expect(input.value).toBe("200000");
  expect(input.getAttribute("aria-invalid")).toBe("true");
  expect(described()).toBe("One sequence per step | Enter a whole number from 1 to 100,000. 20 is still in use.");
  expect(page.get("steps-wrong").getAttribute("role")).toBe("alert");
  expect(values).toEqual([]);
  // once corrected, the reason goes
  await page.type("steps", "300", end);
  expect(values).toEqual([300]);
  expect(page.find("steps-wrong")).toBeNull();
});

it("does not complain while a number is being typed", async () => {
  const { page, input } = await field({ min: 8 });
  await page.type("steps", "1");
  expect(input.getAttribute("aria-invalid")).toBe("false");
});

it("drops a draft on Escape, and when the value changes from elsewhere", async () => {
  const { page, input, all } = await field();
  await page.type("steps", "many", "Enter");
  await page.type("steps", "none", "Escape");
  expect(input.value).toBe("20");
  await page.type("steps", "many", "Enter");
  await page.render(createElement(NumberField, { ...all, value: 30 }));
  expect((page.get("steps") as HTMLInputElement).value).toBe("30");
});

it("takes percents in every spelling, and explains its bounds", async () => {
  const { page, values, described } = await field({
    ...{ percent: true, whole: false, min: 5, max: 100, value: 50, text: "50.0", why: "Every block needs some." },
  });
  for (const text of ["80 %", "80%", "0,8", "0.8"]) await page.type("steps", text, "Enter");
  expect(values).toEqual([80, 80, 80, 80]);
  await page.type("steps", "3", "Enter");
  expect(described()).toContain("Enter a number from 5 % to 100 %. Every block needs some. 50.0 % is still in use.");
});

it("warns about a value without refusing it", async () => {
  const { page, input, described } = await field({ warning: "So few steps give a first impression only." });
  expect(described()).toBe("One sequence per step | So few steps give a first impression only.");
  expect(input.getAttribute("aria-invalid")).toBe("false");
  expect(page.get("steps-warning").getAttribute("role")).toBe("status");
});
