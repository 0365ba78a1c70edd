// The figures of budget, block and gate logits.
import { useEffect, useMemo, useRef } from "react";
import { blockDiagram, budgetBars, logitHistogram } from "../../../charts/index.ts";
import { knownModel } from "../../../state/model/shownModel.ts";
import { Figure } from "../../parts/Figure.tsx";
import { InlineChoice } from "../../parts/InlineChoice.tsx";
import { useActions, useStudio, useStudioStore } from "../../studioContext.tsx";
import {
  blockSource,
  blockTable,
  budgetSource,
  budgetTable,
  histogramSource,
  histogramTable,
} from "../../views/budgetView.ts";
import { onlyBlocks, selectionWords } from "../../views/selectionView.ts";
import { followInView } from "../figures/followLogits.ts";

export function InsideFigures() {
  return (
    <>
      <BudgetFigure />
      <BlockFigure />
      <LogitFigure />
    </>
  );
}

function BudgetFigure() {
  const studio = useStudioStore();
  const source = useMemo(() => budgetSource(studio), [studio]);
  const blocks = useStudio((state) => state.selectedBlocks);
  return (
    <Figure
      name="budget"
      title="Where the budget went"
      caption={`Weights of attention and MLP in each block, before (pale) and after pruning.${onlyBlocks(blocks)}`}
      make={budgetBars}
      table={budgetTable}
      source={source}
    />
  );
}

function BlockFigure() {
  const studio = useStudioStore();
  const { showBlock } = useActions();
  const source = useMemo(() => blockSource(studio), [studio]);
  const make = useMemo(() => (node: HTMLElement) => blockDiagram(node, { onBlock: showBlock }), [showBlock]);
  const layers = useStudio((state) => knownModel(state)?.layers ?? 1);
  const shown = useStudio((state) => Math.min(state.shownBlock, layers - 1));
  const blocks = Array.from({ length: layers }, (_, block) => ({ value: String(block), text: String(block) }));
  return (
    <Figure
      name="block"
      title="One block, with its widths"
      caption="The block under the map’s cursor, after Fig. 2 of DISP-LLM. A wire is as thick as the share of it that is kept; up and down keys go to other blocks. Some families place norms elsewhere or read both branches at once; the widths are the same."
      make={make}
      table={blockTable}
      source={source}
      tools={
        <div className="block-choice">
          <InlineChoice
            label="Block"
            options={blocks}
            value={String(shown)}
            testId="block-choice"
            onChange={(block) => showBlock(Number(block))}
          />
        </div>
      }
    />
  );
}

function LogitFigure() {
  const studio = useStudioStore();
  const node = useRef<HTMLDivElement>(null);
  const source = useMemo(() => histogramSource(studio), [studio]);
  const selected = useStudio(selectionWords);
  useEffect(() => (node.current ? followInView(studio, node.current) : undefined), [studio]);
  return (
    <div ref={node}>
      <Figure
        name="logits"
        title="Gate logits"
        caption={`Gates by gate logit and selection vector. Dashed: the largest gate logit that is pruned.${selected === null ? "" : ` Only ${selected}, as selected in the map.`}`}
        make={logitHistogram}
        table={histogramTable}
        source={source}
      />
    </div>
  );
}
