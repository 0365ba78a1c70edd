// Two tasks that need no file: any held-out text gives them. Equal texts and seeds give equal items.
import { invariant } from "../../errors.ts";
import { DRAW, uniformNoise } from "../../rng.ts";
import { MIN_TEXT_TASK_ITEMS, type TextTask } from "../../recipes/textTaskNames.ts";
import { choiceItem, type ZeroShotTask } from "./task.ts";

interface TextTaskOptions {
  /** How many items to draw; fewer where the text is shorter. */
  items: number;
  seed: number;
}

/** Sentences before the question. */
const CONTEXT_SENTENCES = 3;
const CHOICES = 4;
/** Words of a sentence that may be a choice: shorter ones say little, longer ones are rare. */
const WORDS = { min: 5, max: 60 };
/** A wrong sentence is the one whose length is nearest to the true one's, of this many drawn ones. */
const CANDIDATES = 8;
/** Characters of a word that may be asked for: short ones can be guessed without reading. */
const WORD_LENGTH = 4;

/** Makes a task from a text. Throws "shape" if the text gives fewer than 20 items. */
export function textTask(name: TextTask, text: string, options: TextTaskOptions): ZeroShotTask {
  return name === "next-sentence" ? nextSentence(text, options) : lastWord(text, options);
}

/**
 * Three sentences of the text, and four that may follow: the true next one, and three from elsewhere of about the same length. Small models
 * prefer whichever sentence is likely anywhere, so the likelihood without the context is measured too.
 */
function nextSentence(text: string, { items, seed }: TextTaskOptions): ZeroShotTask {
  const all = sentencesOf(text);
  const usable = all.flatMap((sentence, i) => (isChoice(sentence) && i >= CONTEXT_SENTENCES ? [i] : []));
  const drawn = draws(usable, items, seed, "next-sentence");
  const noise = (index: number, item: number): number =>
    uniformNoise({ seed, draw: DRAW.masks, step: item, vector: 1 }, index);
  return {
    name: "next-sentence",
    kind: "choices",
    alone: true,
    items: drawn.map((right, item) => {
      const truth = all[right] ?? "";
      const wrong = new Set<string>();
      for (let turn = 0; wrong.size < CHOICES - 1; turn++) {
        const candidates = Array.from({ length: CANDIDATES }, (_, i) => {
          const at = usable[Math.floor(noise(turn * CANDIDATES + i, item) * usable.length)] ?? 0;
          return Math.abs(at - right) > CONTEXT_SENTENCES ? (all[at] ?? "") : "";
        });
        const [best] = candidates
          .filter((sentence) => sentence !== "" && sentence !== truth && !wrong.has(sentence))
          .sort((a, b) => Math.abs(a.length - truth.length) - Math.abs(b.length - truth.length));
        if (best !== undefined) wrong.add(best);
        invariant(turn < 1000, "shape", tooShort("next-sentence", usable.length));
      }
      const gold = Math.floor(uniformNoise({ seed, draw: DRAW.masks, step: item, vector: 2 }) * CHOICES);
      const choices = [...wrong];
      choices.splice(gold, 0, truth);
      return choiceItem(all.slice(right - CONTEXT_SENTENCES, right).join(" "), choices, gold);
    }),
  };
}

/** Passages of four sentences without their last word, which the model must continue with. The word occurs in the passage before. */
function lastWord(text: string, { items, seed }: TextTaskOptions): ZeroShotTask {
  const all = sentencesOf(text);
  const passages = all.flatMap((sentence, i) => {
    if (i < CONTEXT_SENTENCES || !isChoice(sentence)) return [];
    const passage = all.slice(i - CONTEXT_SENTENCES, i + 1).join(" ");
    const { context, word } = /^(?<context>.*\S)\s+(?<word>[\p{L}\p{M}'’-]+)[^\p{L}]*$/su.exec(passage)?.groups ?? {};
    if (context === undefined || word === undefined || Array.from(word).length < WORD_LENGTH) return [];
    const before = new Set(context.toLowerCase().match(/[\p{L}\p{M}'’-]+/gu));
    return before.has(word.toLowerCase()) ? [{ context, word }] : [];
  });
  const drawn = draws(passages, items, seed, "last-word");
  return { name: "last-word", kind: "greedy", items: drawn.map(({ context, word }) => choiceItem(context, [word], 0)) };
}

/** The sentences of a text: cut after . ! or ? (and quotes or brackets) before a capital letter, and after their CJK forms. */
const sentencesOf = (text: string): string[] =>
  text
    .split(/(?<=[.!?]["'”’)\]]*)\s+(?=["'“‘([]*\p{Lu})|(?<=[。！？])|\n\s*\n/u)
    .map((sentence) => sentence.replace(/\s+/g, " ").trim())
    .filter((sentence) => sentence !== "");

function isChoice(sentence: string): boolean {
  const words = sentence.split(" ").length;
  return words >= WORDS.min && words <= WORDS.max;
}

const tooShort = (task: TextTask, got: number): string =>
  `evaluation text: the task ${task} needs at least ${MIN_TEXT_TASK_ITEMS} passages, got ${got}. Choose a longer text in whole sentences.`;

/** `count` of the candidates without repetition, in the order of the text. */
function draws<T>(candidates: readonly T[], count: number, seed: number, task: TextTask): T[] {
  invariant(candidates.length >= MIN_TEXT_TASK_ITEMS, "shape", tooShort(task, candidates.length));
  return candidates
    .map((candidate, index) => ({ candidate, index, key: uniformNoise({ seed, draw: DRAW.masks }, index) }))
    .sort((a, b) => a.key - b.key)
    .slice(0, count)
    .sort((a, b) => a.index - b.index)
    .map(({ candidate }) => candidate);
}
