// Lists of ratios: what is read, and what is refused with which message.
import { describe, expect, it } from "vitest";
import { readRatioList } from "./ratioList.ts";
import { RECIPE_BOUNDS } from "./recipe.ts";

describe("a list of ratios", () => {
  it("is read with or without blanks, and sorted", () => {
    expect(readRatioList("0.8, 0.6,0.55 , .5", "The list")).toEqual([0.5, 0.55, 0.6, 0.8]);
    expect(readRatioList("0.5", "The list")).toEqual([0.5]);
  });

  it("may contain the bounds of a recipe's ratio, also in percent", () => {
    const { min, max } = RECIPE_BOUNDS.ratio;
    expect(readRatioList(`${max}, ${min}`, "The list")).toEqual([min, max]);
    expect(readRatioList("100 %, 5 %", "The list")).toEqual([min, max]);
  });

  it.each(["80 %, 60%", "0,8, 0,6", "0,8;0,6", "0,8,0,6", "0.8;60 %", "  80%,0,60 "])("reads %j", (text) => {
    expect(readRatioList(text, "The list")).toEqual([0.6, 0.8]);
  });

  it.each([
    ["120 %", /, got "120 %"\. Write each as 0\.5 or 50 %\.$/],
    ["0 %, 50 %", /, got "0 %"\. Write each as 0\.5 or 50 %\.$/],
    ["%, 50 %", /, got "%"\. Write each as 0\.5 or 50 %\.$/],
    ["8,0, 50 %", /, got "8"; 8 % is 0\.08$/],
    ["", /^The list: expected ratios from 0\.05 to 1, separated by commas, got ""\. Write each as 0\.5 or 50 %\.$/],
    ["0.8, ", /, got ""\. Write each as 0\.5 or 50 %\.$/],
    ["0.8 0.6", /, got "0\.8 0\.6"\. Write each as 0\.5 or 50 %\.$/],
    ["0.5, 80", /, got "80"; 80 % is 0\.8$/],
    ["0.5, 100", /, got "100"; 100 % is 1$/],
    ["0.5, 0.04", /: expected ratios from 0\.05 to 1, .* got "0\.04"\. Write each as 0\.5 or 50 %\.$/],
    ["0.5, 1.01", /, got "1\.01"\. Write each as 0\.5 or 50 %\.$/],
    ["0, 0.5", /, got "0"\. Write each as 0\.5 or 50 %\.$/],
    ["-0.5", /, got "-0\.5"\. Write each as 0\.5 or 50 %\.$/],
    ["half", /, got "half"\. Write each as 0\.5 or 50 %\.$/],
    ["0.5, 0.7, 0.50", /^The list: expected each ratio once, got 0\.5 twice\. Remove one of the two\.$/],
  ])("%j is refused", (text, reason) => {
    expect(() => readRatioList(text, "The list")).toThrow(reason);
  });
});
