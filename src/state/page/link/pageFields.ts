// The entries of a link that are no part of a recipe: its version, model, texts, evaluation length and prompt.
import { EngineError } from "../../../engine/index.ts";
import { evaluationTokensFor } from "../../../shared/evaluationTokens.ts";
import { BUNDLED_TEXTS, type TextSources } from "../../../shared/texts.ts";
import type { LinkField } from "./linked.ts";
import { numberIn, oneOf, shownValue } from "./values.ts";

/** Of the links that this page writes. Links without a version are of version 1, which had no model, length and prompt. */
const VERSION = 2;

export const bundledTextField = (key: keyof TextSources): LinkField => ({
  key,
  write({ [key]: source }) {
    return source.kind === "bundled" ? source.name : null;
  },
  read(value, linked) {
    const names = BUNDLED_TEXTS.map(({ name }) => name);
    return { ...linked, [key]: { kind: "bundled", name: oneOf(key, names, value) } };
  },
});

export const VERSION_FIELD: LinkField = {
  key: "v",
  write: () => String(VERSION),
  besides: () => true,
  read(value, linked) {
    const version = numberIn(value);
    if (!Number.isInteger(version) || version < 1)
      throw new EngineError("config", `v: expected a whole number from 1, got ${shownValue(value)}`);
    if (version > VERSION)
      throw new EngineError(
        "config",
        `v: expected at most ${VERSION}, got ${version}. The link is of a newer Espalier; what this one does not know was left out`,
      );
    return linked;
  },
};

/** Longest name and longest prompt in a link. */
const TEXT_CHARS = { model: 200, prompt: 1000 };

export const MODEL_FIELD: LinkField = {
  key: "model",
  write: ({ model }) => (model !== null && model.length <= TEXT_CHARS.model ? model : null),
  read(value, linked) {
    if (value.trim() === "" || value.length > TEXT_CHARS.model)
      throw new EngineError("config", `model: expected 1 to ${TEXT_CHARS.model} characters, got ${shownValue(value)}`);
    return { ...linked, model: value.replace(/\s+/g, " ") };
  },
};

export const PROMPT: LinkField = {
  key: "prompt",
  write: ({ prompt }) => (prompt.trim() !== "" && prompt.length <= TEXT_CHARS.prompt ? prompt : null),
  read(value, linked) {
    if (value.trim() === "" || value.length > TEXT_CHARS.prompt)
      throw new EngineError(
        "config",
        `prompt: expected 1 to ${TEXT_CHARS.prompt} characters, got ${shownValue(value)}`,
      );
    return { ...linked, prompt: value };
  },
};

/** Bounds of the tokens that perplexity is measured on. */
const EVALUATION_TOKENS = { min: 64, max: 10_000_000 };
/** What a page measures on where its link does not say: it depends on the adapter. */
const USUAL_TOKENS: readonly (number | null)[] = [true, false].map((software) => evaluationTokensFor({ software }));

export const EVALUATION_LENGTH: LinkField = {
  key: "evaluationTokens",
  write: ({ evaluationTokens }) => (evaluationTokens === null ? null : String(evaluationTokens)),
  besides: ({ evaluationTokens }) => USUAL_TOKENS.includes(evaluationTokens),
  read(value, linked) {
    const tokens = numberIn(value);
    const { min, max } = EVALUATION_TOKENS;
    if (!Number.isInteger(tokens) || tokens < min || tokens > max)
      throw new EngineError(
        "config",
        `evaluationTokens: expected a whole number from ${min} to ${max}, got ${shownValue(value)}`,
      );
    return { ...linked, evaluationTokens: tokens };
  },
};
