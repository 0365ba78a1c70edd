// Cutting text at matches of a pattern, with the five behaviours of the tokenizers library.
import type { Search } from "./countedSearch.ts";

/** What becomes of a match: a piece of its own, dropped, or joined to its neighbours. */
export const BEHAVIOURS = ["Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

/** A stretch of text from `start` to `end` (UTF-16 units), and whether the pattern matched it. */
interface MatchSpan {
  start: number;
  end: number;
  match: boolean;
}

/** All of a text as spans, matched and unmatched in turn; `invert` swaps the two. */
export function* matchSpans(text: string, search: Search, invert = false): Generator<MatchSpan> {
  let from = 0;
  for (const { index, 0: found } of search(text)) {
    if (found === "") continue;
    if (from < index) yield { start: from, end: index, match: invert };
    from = index + found.length;
    yield { start: index, end: from, match: !invert };
  }
  if (from < text.length) yield { start: from, end: text.length, match: invert };
}

/** The pieces of a text, in order and never empty. */
export function* split(text: string, spans: Iterable<MatchSpan>, behaviour: Behaviour): Generator<string> {
  for (const { start, end } of joined(spans, behaviour)) if (start < end) yield text.slice(start, end);
}

function joined(spans: Iterable<MatchSpan>, behaviour: Behaviour): Iterable<Pick<MatchSpan, "start" | "end">> {
  switch (behaviour) {
    case "Isolated":
      return spans;
    case "Removed":
      return unmatched(spans);
    case "MergedWithPrevious":
      return merged(spans, (span, before) => span.match && !before.match);
    case "MergedWithNext":
      return merged(spans, (span, before) => before.match && !span.match);
    case "Contiguous":
      return merged(spans, (span, before) => span.match === before.match);
  }
}

function* unmatched(spans: Iterable<MatchSpan>): Generator<MatchSpan> {
  for (const span of spans) if (!span.match) yield span;
}

/** Joins each span to the piece before it where `joins` says so. */
function* merged(
  spans: Iterable<MatchSpan>,
  joins: (span: MatchSpan, before: MatchSpan) => boolean,
): Generator<Pick<MatchSpan, "start" | "end">> {
  let piece: { start: number; end: number } | undefined;
  let before: MatchSpan | undefined;
  for (const span of spans) {
    if (piece && before && joins(span, before)) piece.end = span.end;
    else {
      if (piece) yield piece;
      piece = { start: span.start, end: span.end };
    }
    before = span;
  }
  if (piece) yield piece;
}
