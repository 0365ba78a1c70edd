// Finds the situation of an error: what its code and message mean where it happened.
import type { EngineError } from "../../engine/index.ts";
import type { ErrorContext } from "../../state/page/pageState.ts";
import { sentence } from "../../shared/format.ts";
import type { Situation } from "./situation.ts";
import { SITUATIONS } from "./situations.ts";

type Fault = Pick<EngineError, "code" | "message">;

/** The first situation that fits. Every code has one in every context. */
export function situationOf({ code, message }: Fault, context: ErrorContext): Situation {
  const fits = ({ codes, contexts, says }: Situation): boolean =>
    codes.includes(code) && (contexts?.includes(context) ?? true) && (says?.test(message) ?? true);
  const found = SITUATIONS.find(fits);
  if (!found) throw new Error(`situations: expected one for "${code}", found none; add it to the table`);
  return found;
}

/** Longest message on the screen: whatever a file or a link has in it, the page below must stay in sight. */
const LONGEST_MESSAGE = 700;

/** The three parts of an error on the screen, all of them full sentences. */
interface ErrorWords {
  title: string;
  message: string;
  advice: string;
}

export function errorWords(error: Fault, context: ErrorContext): ErrorWords {
  const { title, advice } = situationOf(error, context);
  const whole = error.message.trim();
  const message = whole.length > LONGEST_MESSAGE ? `${whole.slice(0, LONGEST_MESSAGE)}…` : whole;
  return { title: `${title}.`, message: message === "" ? "" : sentence(message), advice };
}
