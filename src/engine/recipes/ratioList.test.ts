// Lists of ratios: what is read, and what is refused with which message.
import { describe, expect, it } from "vitest";
import { readRatioList } from "./ratioList.ts";

describe("a list of ratios", () => {
  it("is read with or without blanks, and sorted", () => {
    expect(readRatioList("0.8, 0.6,0.55 , .5", "The list")).toEqual([0.5, 0.55, 0.6, 0.8]);
    expect(readRatioList("0.5", "The list")).toEqual([0.5]);
  });

  it.each(["80 %, 60%", "0,8, 0,6", "0,8;0,6", "0,8,0,6", "0.8;60 %", "  80%,0,60 "])("reads %j", (text) => {
    expect(readRatioList(text, "The list")).toEqual([0.6, 0.8]);
  });

  it.each([
    ["120 %", /, got "120 %"\. Write each as 0\.5 or 50 %\.$/],
    ["0 %, 50 %", /, got "0 %"\. Write each as 0\.5 or 50 %\.$/],
    ["%, 50 %", /, got "%"\. Write each as 0\.5 or 50 %\.$/],
    ["8,0, 50 %", /, got "8"; 8 % is 0\.08$/],
    ["", /^The list: expected ratios between 0 and 1, separated by commas, got ""\. Write each as 0\.5 or 50 %\.$/],
    ["0.8, ", /, got ""\. Write each as 0\.5 or 50 %\.$/],
    ["0.8 0.6", /, got "0\.8 0\.6"\. Write each as 0\.5 or 50 %\.$/],
    ["0.5, 80", /, got "80"; 80 % is 0\.8$/],
    ["1", /, got "1"\. Write each as 0\.5 or 50 %\.$/],
    ["0, 0.5", /, got "0"\. Write each as 0\.5 or 50 %\.$/],
    ["-0.5", /, got "-0\.5"\. Write each as 0\.5 or 50 %\.$/],
    ["half", /, got "half"\. Write each as 0\.5 or 50 %\.$/],
    ["0.5, 0.7, 0.50", /^The list: expected each ratio once, got 0\.5 twice\. Remove one of the two\.$/],
  ])("%j is refused", (text, reason) => {
    expect(() => readRatioList(text, "The list")).toThrow(reason);
  });
});
