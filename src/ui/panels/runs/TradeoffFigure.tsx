// Perplexity against size of a group of saved runs, with the choice of the group and of the size.
import { useMemo, useState } from "react";
import { tradeoff } from "../../../charts/index.ts";
import { ChoiceField } from "../../parts/ChoiceField.tsx";
import { Figure } from "../../parts/Figure.tsx";
import { isExample } from "../../../shared/exampleRuns.ts";
import { knownRun } from "../../../state/runs/runLibrary.ts";
import { modelRefusal } from "../../../state/runs/restoreRefusal.ts";
import { useActions, useStudioStore } from "../../studioContext.tsx";
import { sizeChoices, tradeoffOf } from "../../views/runViews.ts";
import type { RunGroup } from "../../views/runViews.ts";
import { useValueSource } from "../../views/useValueSource.ts";
import { tradeoffTable } from "../../views/figureTables.ts";

interface Props {
  groups: readonly RunGroup[];
  /** The group that is shown. */
  group: RunGroup;
  /** Ids of the runs picked as A and B. */
  pair: readonly string[];
  /** Called with the key of a chosen group. */
  onGroup: (key: string) => void;
  /** Called with the id of a run that is picked for comparison; stable between renders. */
  onPick: (id: string) => void;
  /** Called with the id of a run to look at; stable between renders. */
  onView: (id: string) => void;
}

export function TradeoffFigure({ groups, group, pair, onGroup, onPick, onView }: Props) {
  const [chosen, setSize] = useState("whole model");
  const choices = useMemo(() => sizeChoices(group.runs), [group]);
  const choice = choices.find(({ title }) => title === chosen) ?? choices[0];
  const source = useValueSource(
    useMemo(() => tradeoffOf(group.runs, choice ?? { size: "whole model" }, pair), [group, choice, pair]),
  );
  const { restoreRun, loadExample } = useActions();
  const { store } = useStudioStore();
  const make = useMemo(() => {
    const onOpen = (id: string): void => {
      const state = store.getState();
      const record = knownRun(state, id);
      // a run whose model is not open can only be looked at
      if (record && modelRefusal(state, record)) onView(id);
      else void (record && isExample(record) ? loadExample : restoreRun)(id);
    };
    return (node: HTMLElement) => tradeoff(node, { onPick, onOpen });
  }, [onPick, onView, restoreRun, loadExample, store]);
  return (
    <div>
      <div className="runs-choices">
        <ChoiceField
          id="runs-group"
          label="Measured on"
          value={group.key}
          options={groups.map(({ key, title, runs }) => ({ value: key, title: `${title} (${runs.length})` }))}
          onValue={onGroup}
        />
        <ChoiceField
          id="runs-size"
          label="Size"
          value={choice?.title ?? chosen}
          options={choices.map(({ title }) => ({ value: title, title }))}
          onValue={setSize}
        />
      </div>
      <Figure
        name="tradeoff"
        title="What pruning costs"
        caption="Every listed run on this text: perplexity against size, and the best at each size; arrows lead to recovered models. Click a point to load it, or to view it while its model is not open; Shift-click two to compare."
        make={make}
        table={tradeoffTable}
        of={group.title}
        source={source}
      />
    </div>
  );
}
