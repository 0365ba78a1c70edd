// What A and B write from the same prompt, side by side, with the first difference marked; a token shows what each model expected there.
import { useRef, useState } from "react";
import { PenLine } from "lucide";
import type { RunRecord } from "../../../../engine/index.ts";
import { whole } from "../../../../shared/format.ts";
import { canWritePair } from "../../../../state/allowed.ts";
import { restoreRefusal } from "../../../../state/runs/restoreRefusal.ts";
import type { ComparisonSlice } from "../../../../state/runs/runsState.ts";
import type { WrittenToken } from "../../../../worker/protocol.ts";
import { ErrorNote } from "../../../parts/ErrorNote.tsx";
import { SectionLink } from "../../../parts/SectionLink.tsx";
import { TaskProgress } from "../../../parts/TaskProgress.tsx";
import { Icon } from "../../../parts/Icon.tsx";
import { useActions, useStudio } from "../../../studioContext.tsx";
import { ExpectedTokens } from "./ExpectedTokens.tsx";
import { firstDifference } from "./verdict.ts";

interface SideProps {
  side: "first" | "second";
  title: string;
  prompt: string;
  tokens: readonly WrittenToken[];
  /** Index of the first token that the other text does not have; null for none. */
  differs: number | null;
}

/** Arrow keys go from token to token: the text is one stop of the Tab key. */
const MOVES: Readonly<Record<string, (at: number, last: number) => number>> = {
  ArrowRight: (at, last) => Math.min(at + 1, last),
  ArrowLeft: (at) => Math.max(at - 1, 0),
  Home: () => 0,
  End: (_, last) => last,
};

function SideText({ side, title, prompt, tokens, differs }: SideProps) {
  const { readNext } = useActions();
  const chosen = useStudio(({ nextTokens }) =>
    "side" in nextTokens && nextTokens.side === side ? nextTokens.at : null,
  );
  const [stop, setStop] = useState(differs ?? 0);
  const text = useRef<HTMLDivElement>(null);
  const choose = (at: number): void => {
    setStop(at);
    void readNext(side, at);
  };
  const move = (key: string): boolean => {
    const next = MOVES[key]?.(stop, tokens.length - 1);
    if (next === undefined) return false;
    setStop(next);
    text.current?.querySelectorAll<HTMLElement>("[role=button]")[next]?.focus();
    return true;
  };
  return (
    <div className="side">
      <h4>{title}</h4>
      <div
        ref={text}
        className="side-text pair-text"
        role="group"
        aria-label={`${title}: arrow keys go from token to token`}
        data-testid={`pair-${side}`}
        onKeyDown={(event) => {
          if (move(event.key)) event.preventDefault();
        }}
      >
        <span className="side-prompt">{prompt}</span>
        {tokens.map((token, i) => (
          // no button: those are boxes of their own, in which a line cannot end
          <span
            key={i}
            role="button"
            tabIndex={i === Math.min(stop, tokens.length - 1) ? 0 : -1}
            aria-pressed={chosen === i}
            data-differs={i === differs}
            aria-label={`${token.text.trim() || "space"}${i === differs ? ", the first difference" : ""}`}
            onClick={() => choose(i)}
            onKeyDown={(event) => {
              if (event.key !== "Enter" && event.key !== " ") return;
              event.preventDefault();
              choose(i);
            }}
          >
            {token.text}
          </span>
        ))}
      </div>
    </div>
  );
}

type Written = Extract<ComparisonSlice["pairTexts"], { phase: "written" }>;

function Sides({ written }: { written: Written }) {
  const { prompt } = written.sampling;
  const { first, second } = written.result;
  const differs = firstDifference(first, second);
  const dense = written.second === null;
  return (
    <>
      <p data-testid="pair-difference">
        {differs === null
          ? `Both write the same ${whole(first.length)} tokens.`
          : `The same for ${whole(differs)} ${differs === 1 ? "token" : "tokens"}; the first difference is marked.`}{" "}
        Choose a token to see what each model expected there.
      </p>
      <div className="sides">
        <SideText side="first" title="A writes" tokens={first} {...{ prompt, differs }} />
        <SideText
          side="second"
          title={dense ? "B, the dense model, writes" : "B writes"}
          tokens={second}
          {...{ prompt, differs }}
        />
      </div>
      <ExpectedTokens texts={written.result} dense={dense} />
    </>
  );
}

interface Props {
  a: RunRecord;
  /** Null: the dense model. */
  b: RunRecord | null;
}

export function WrittenTexts({ a, b }: Props) {
  const texts = useStudio((state) => state.pairTexts);
  const able = useStudio(canWritePair);
  const refusal = useStudio((state) => restoreRefusal(state, a) ?? (b && restoreRefusal(state, b)));
  const { writePair, cancelPair } = useActions();
  const of = texts.phase === "written" && texts.first === a.id && texts.second === (b?.id ?? null) ? texts : null;
  return (
    <div className="pair-texts">
      {texts.phase === "writing" ? (
        <TaskProgress task="texts" label="Writing" stop="Stop" cancel={cancelPair} testId="pair" />
      ) : (
        <p className="actions">
          <button
            type="button"
            data-testid="pair-start"
            disabled={!able || refusal !== null}
            onClick={() => void writePair(a.id, b?.id ?? null)}
          >
            <Icon of={PenLine} />
            Let both write
          </button>
          <span className="field-hint" data-testid="pair-hint">
            {refusal ?? (
              <>
                with the prompt and the settings of <SectionLink to="text-heading">the text panel</SectionLink>
              </>
            )}
          </span>
        </p>
      )}
      {texts.phase === "failed" ? <ErrorNote error={texts.error} context="runs" testId="pair-error" /> : null}
      {of ? <Sides key={`${of.sampling.prompt} ${of.sampling.seed}`} written={of} /> : null}
    </div>
  );
}
