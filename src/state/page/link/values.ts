// The values of a link: how they are read, and how a message shows them.
import { EngineError } from "../../../engine/index.ts";

export const numberIn = (value: string): number => (value.trim() === "" ? NaN : Number(value));

/** Longest part of a link in a message: a hostile link must not fill the screen. */
export const SHOWN_CHARS = 60;
export const cut = (text: string, longest: number): string =>
  text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
/** A part of a link for a message: on one line, and not too long. */
export const shown = (part: string): string => cut(part.replace(/\s+/g, " "), SHOWN_CHARS);
/** The value of a link for a message. */
export const shownValue = (value: string): string => (value.trim() === "" ? "nothing" : shown(value));

export function oneOf<T extends string>(key: string, choices: readonly T[], value: string): T {
  const choice = choices.find((one) => one === value);
  if (choice === undefined)
    throw new EngineError("config", `${key}: expected one of ${choices.join(", ")}, got ${shownValue(value)}`);
  return choice;
}
