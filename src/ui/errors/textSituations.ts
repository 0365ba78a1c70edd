// What errors mean while a text is chosen or read.
import { READ_ELSEWHERE, type Situation } from "./situation.ts";

const TEXTS = ["text"] as const;
const SAME_TEXT = "The previous text stays.";

export const ABOUT_TEXTS: readonly Situation[] = [
  {
    name: "text empty",
    codes: ["format", "shape", "config"],
    contexts: TEXTS,
    says: /is empty|got 0\b/,
    title: "The text is empty",
    advice: `Choose another file. ${SAME_TEXT}`,
  },
  {
    name: "text too short",
    codes: ["format", "shape"],
    contexts: TEXTS,
    says: /at least [\d,]+ tokens/,
    title: "The text is too short",
    advice: SAME_TEXT,
  },
  {
    name: "text not decodable",
    codes: ["format"],
    contexts: TEXTS,
    says: /UTF|as text|decode/i,
    title: "This file is not plain text",
    advice: SAME_TEXT,
  },
  {
    name: "text offline",
    codes: ["network", "bug"],
    contexts: TEXTS,
    says: READ_ELSEWHERE,
    title: "The text could not be loaded",
    advice: `Check that you are online, or choose a file from this machine. ${SAME_TEXT}`,
  },
  {
    name: "texts locked",
    codes: ["config"],
    contexts: TEXTS,
    says: /while a run trains/,
    title: "The texts cannot be changed now",
    advice: SAME_TEXT,
  },
  {
    name: "several texts",
    codes: ["config"],
    contexts: TEXTS,
    says: /Expected one text/,
    title: "One text at a time",
    advice: SAME_TEXT,
  },
  {
    name: "text tokens",
    codes: ["config"],
    contexts: TEXTS,
    title: "The text has characters that cannot be used",
    advice: SAME_TEXT,
  },
  {
    name: "text unreadable",
    codes: ["format", "shape", "network", "unsupported"],
    contexts: TEXTS,
    title: "This text cannot be used",
    advice: `Choose another file. ${SAME_TEXT}`,
  },
];
