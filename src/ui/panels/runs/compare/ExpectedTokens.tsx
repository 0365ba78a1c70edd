// The likeliest tokens at the chosen place of a text, as A, B and the dense model expect them, with probabilities.
import { percent } from "../../../../shared/format.ts";
import type { LikelyNext, PairTexts } from "../../../../worker/protocol.ts";
import { ErrorNote } from "../../../parts/ErrorNote.tsx";
import { useStudio } from "../../../studioContext.tsx";

/** A token so that its spaces and line ends are seen. */
const shown = (text: string): string => text.replaceAll(" ", "␣").replaceAll("\n", "⏎") || "∅";

interface ListProps {
  title: string;
  tokens: readonly LikelyNext[];
  /** Id of the token that the text has there. */
  written: number | undefined;
}

function List({ title, tokens, written }: ListProps) {
  return (
    <div>
      <h4>{title}</h4>
      <ol className="likely">
        {tokens.map(({ id, text, probability }) => (
          <li key={id} data-written={id === written} data-testid="likely-token">
            <span className="likely-bar" style={{ inlineSize: `${100 * probability}%` }} aria-hidden="true" />
            <span className="likely-token">{shown(text)}</span>
            {id === written ? <span className="unseen"> (as written)</span> : null}
            <span>{percent(probability)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}

interface Props {
  texts: PairTexts;
  /** B is the dense model, which then has no list of its own. */
  dense: boolean;
}

export function ExpectedTokens({ texts, dense }: Props) {
  const next = useStudio((state) => state.nextTokens);
  if (next.phase === "failed") return <ErrorNote error={next.error} context="runs" testId="next-error" />;
  if (next.phase === "none") return null;
  const { side, at } = next;
  const tokens = texts[side];
  const before = tokens
    .slice(Math.max(0, at - 4), at)
    .map(({ text }) => text)
    .join("");
  const whose = side === "first" ? "A" : "B";
  const words = `Token ${at + 1} of ${whose}’s text${before.trim() === "" ? "" : `, after “…${before}”`}`;
  const written = tokens[at]?.id;
  return (
    <div className="next-tokens" data-testid="next-tokens">
      <p role="status">
        {next.phase === "reading"
          ? `${words}: reading what each model expects…`
          : `${words}, as each model expects it:`}
      </p>
      {next.phase === "read" ? (
        <div className="likely-lists">
          <List title="A" tokens={next.likely.first} written={written} />
          <List title={dense ? "B, dense" : "B"} tokens={next.likely.second} written={written} />
          {dense ? null : <List title="Dense" tokens={next.likely.dense} written={written} />}
        </div>
      ) : null}
    </div>
  );
}
