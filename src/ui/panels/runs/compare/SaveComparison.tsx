// A comparison to take along: as JSON, and as a link where it fits one.
import { Check, Download, Link } from "lucide";
import { saveFile } from "../../../../charts/index.ts";
import { type Comparison, comparisonJson, comparisonLink, EngineError } from "../../../../engine/index.ts";
import type { StudioState } from "../../../../state/storeState.ts";
import { COMPARISON } from "../../../pageLink.ts";
import { useCopy } from "../../../parts/useCopy.ts";
import { Icon } from "../../../parts/Icon.tsx";
import { useActions, useStudioStore } from "../../../studioContext.tsx";
import { verdictOf } from "./verdict.ts";

/** What the two have written, where that is known. */
function textsOf({ a, b }: Comparison, { pairTexts }: StudioState) {
  if (pairTexts.phase !== "written" || pairTexts.first !== a.id || pairTexts.second !== (b?.id ?? null)) return {};
  const { sampling, result } = pairTexts;
  const text = (of: readonly { text: string }[]): string => of.map((token) => token.text).join("");
  return { texts: { ...sampling, a: text(result.first), b: text(result.second) } };
}

export function SaveComparison({ a, b }: Comparison) {
  const { notify } = useActions();
  const { store } = useStudioStore();
  const { copied, copy } = useCopy("runs");
  const save = (): void => {
    const { sentence, cannot, rows } = verdictOf(a, b, null);
    const differences = rows.map(({ what, a: ofA, b: ofB, difference }) => ({ what, a: ofA, b: ofB, difference }));
    const besides = { sentence, cannot, differences, ...textsOf({ a, b }, store.getState()) };
    saveFile(new Blob([comparisonJson({ a, b }, besides)], { type: "application/json" }), "espalier-comparison.json");
  };
  const copyLink = async (): Promise<void> => {
    const packed = await comparisonLink({ a, b });
    if (packed === null)
      return notify(
        new EngineError("limit", "This comparison is too long for a link. Save it as JSON instead."),
        "runs",
      );
    const link = `${location.origin}${location.pathname}${COMPARISON}${packed}`;
    await copy(link, `Copy it from here: ${link}`);
  };
  return (
    <p className="actions">
      <button type="button" data-testid="comparison-json" onClick={save}>
        <Icon of={Download} />
        Save comparison as JSON
      </button>
      <button type="button" data-testid="comparison-link" onClick={() => void copyLink()}>
        <Icon of={copied ? Check : Link} />
        <span aria-live="polite">{copied ? "Copied" : "Copy link to it"}</span>
      </button>
    </p>
  );
}
