// Perplexity against size of a group of saved runs, with the choice of the group and of the size.
import { useMemo, useState } from "react";
import { tradeoff } from "../../../charts/index.ts";
import { ChoiceField } from "../../parts/ChoiceField.tsx";
import { Figure } from "../../parts/Figure.tsx";
import { useActions } from "../../studioContext.tsx";
import { SIZES, tradeoffOf } from "../../views/runViews.ts";
import type { RunGroup, Size } from "../../views/runViews.ts";
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
}

export function TradeoffFigure({ groups, group, pair, onGroup, onPick }: Props) {
  const [size, setSize] = useState<Size>("whole model");
  const source = useValueSource(useMemo(() => tradeoffOf(group.runs, size, pair), [group, size, pair]));
  const { restoreRun } = useActions();
  const make = useMemo(() => {
    return (node: HTMLElement) => tradeoff(node, { onPick, onOpen: (id) => void restoreRun(id) });
  }, [onPick, restoreRun]);
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
          value={size}
          options={SIZES.map((value) => ({ value, title: value }))}
          onValue={setSize}
        />
      </div>
      <Figure
        name="tradeoff"
        title="What pruning costs"
        caption="Every saved run on this text: perplexity against size, and the best at each size; arrows lead to recovered models. Click a point to load it; Shift-click two to compare."
        make={make}
        table={tradeoffTable}
        of={group.title}
        source={source}
      />
    </div>
  );
}
