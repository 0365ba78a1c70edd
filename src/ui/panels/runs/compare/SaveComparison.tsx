// A comparison to take along: as JSON, and as a link where it fits one.
import { Download, Link } from "lucide";
import { saveFile } from "../../../../charts/index.ts";
import { type Comparison, comparisonJson, comparisonLink, EngineError } from "../../../../engine/index.ts";
import type { StudioState } from "../../../../state/storeState.ts";
import { COMPARISON } from "../../../pageLink.ts";
import { CopyButton } from "../../../parts/CopyButton.tsx";
import { Icon } from "../../../parts/Icon.tsx";
import { useStudioStore } from "../../../studioContext.tsx";
import { verdictOf } from "./verdict.ts";

/** What the two have written, where that is known. */
function textsOf({ a, b }: Comparison, { pairTexts }: StudioState) {
  if (pairTexts.phase !== "written" || pairTexts.first !== a.id || pairTexts.second !== (b?.id ?? null)) return {};
  const { sampling, result } = pairTexts;
  const text = (of: readonly { text: string }[]): string => of.map((token) => token.text).join("");
  return { texts: { ...sampling, a: text(result.first), b: text(result.second) } };
}

export function SaveComparison({ a, b }: Comparison) {
  const { store } = useStudioStore();
  const save = (): void => {
    const { sentence, cannot, rows } = verdictOf(a, b, null);
    const differences = rows.map(({ what, a: ofA, b: ofB, difference }) => ({ what, a: ofA, b: ofB, difference }));
    const besides = { sentence, cannot, differences, ...textsOf({ a, b }, store.getState()) };
    saveFile(new Blob([comparisonJson({ a, b }, besides)], { type: "application/json" }), "espalier-comparison.json");
  };
  const link = async (): Promise<string> => {
    const packed = await comparisonLink({ a, b });
    if (packed === null)
      throw new EngineError("limit", "This comparison is too long for a link. Save it as JSON instead.");
    return `${location.origin}${location.pathname}${COMPARISON}${packed}`;
  };
  return (
    <p className="actions">
      <button type="button" data-testid="comparison-json" onClick={save}>
        <Icon of={Download} />
        Save comparison as JSON
      </button>
      <CopyButton
        text={link}
        instead={(now) => `Copy it from here: ${now}`}
        context="runs"
        icon={Link}
        testId="comparison-link"
      >
        Copy link to it
      </CopyButton>
    </p>
  );
}
