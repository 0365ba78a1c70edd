// The head and the table of the layers: sorted by any column, and saved as CSV. Loaded after the first picture.
import { memo, useDeferredValue, useMemo, useState } from "react";
import { ArrowDown, ArrowUp, ChevronsUpDown, Download } from "lucide";
import { saveFile } from "../../../charts/index.ts";
import { csvOf } from "../../../shared/csv.ts";
import { percent, whole } from "../../../shared/format.ts";
import { useActions, useStudio, useThrottled } from "../../studioContext.tsx";
import {
  LAYER_COLUMNS,
  type LayerColumn,
  type LayerRow,
  layerRows,
  layerTable,
  sortedLayers,
} from "../../views/layersView.ts";
import { blocksWords, isSelected } from "../../views/selectionView.ts";
import { knownModel } from "../../../state/model/shownModel.ts";
import { goTo } from "../../parts/goTo.ts";
import { CopyButton } from "../../parts/CopyButton.tsx";
import { LAYERS_TITLE } from "./title.ts";
import { Icon } from "../../parts/Icon.tsx";

const size = ([outputs, inputs]: LayerRow["before"]): string => `${whole(outputs)} × ${whole(inputs)}`;

interface HeadProps {
  sorted: { column: LayerColumn; down: boolean };
  onSort: (column: LayerColumn) => void;
}

function Head({ sorted, onSort }: HeadProps) {
  return (
    <thead>
      <tr>
        {LAYER_COLUMNS.map((column) => {
          const order = sorted.column === column ? (sorted.down ? "descending" : "ascending") : undefined;
          return (
            <th key={column} scope="col" aria-sort={order}>
              <button type="button" className="link" data-testid={`layers-${column}`} onClick={() => onSort(column)}>
                {column}
                <Icon of={order === "descending" ? ArrowDown : order ? ArrowUp : ChevronsUpDown} />
              </button>
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

function Save({ rows }: { rows: readonly LayerRow[] }) {
  const csv = (): string => {
    const { head, rows: cells } = layerTable(rows);
    return csvOf(head, cells);
  };
  return (
    <span className="figure-save">
      <button
        type="button"
        className="link"
        data-testid="layers-csv"
        onClick={() => saveFile(new Blob([csv()], { type: "text/csv" }), "espalier-layers.csv")}
      >
        <Icon of={Download} />
        CSV
      </button>
      <CopyButton text={csv} instead={() => "Save the table as CSV instead."} className="link" />
    </span>
  );
}

/** A layer; its name leads to its weights. It is text, which is laid out faster than buttons are, and no tab stop: a table has hundreds, and the matrix has fields for block and layer. */
function Row({ row: { name, block, layer, before, after, kept, of } }: { row: LayerRow }) {
  const { showMatrix } = useActions();
  const show = (): void => {
    showMatrix({ block, layer });
    goTo("matrix-heading");
  };
  return (
    <tr data-testid="layers-row">
      <th scope="row">
        <span className="layers-name" title={`Show the weights of ${name}`} onClick={show}>
          {name}
        </span>
      </th>
      <td>{size(before)}</td>
      <td data-cut={after[0] * after[1] < of}>{size(after)}</td>
      <td>{whole(kept)}</td>
      <td>
        <span className="layers-bar" style={{ inlineSize: `${(100 * kept) / of}%` }} aria-hidden="true" />
        <span>{percent(kept / of)}</span>
      </td>
    </tr>
  );
}

const Rows = memo(({ rows }: { rows: readonly LayerRow[] }) => (
  <tbody>
    {rows.map((row) => (
      <Row key={row.name} row={row} />
    ))}
  </tbody>
));
Rows.displayName = "Rows";

export function LayersTable() {
  const facts = useStudio(knownModel);
  const architecture = useThrottled((state) => state.architecture, 500);
  const weights = useStudio((state) => state.weights);
  const [sorted, setSorted] = useState<HeadProps["sorted"]>({ column: "layer", down: false });
  const rows = useMemo(
    () => (facts ? layerRows(facts, { architecture, weights }) : []),
    [facts, architecture, weights],
  );
  const blocks = useStudio((state) => state.selectedBlocks);
  const { clearSelection } = useActions();
  const shown = useMemo(() => {
    const chosen = rows.filter(({ block }) => isSelected(blocks, block));
    return sortedLayers(chosen, sorted.column, sorted.down);
  }, [rows, sorted, blocks]);
  // hundreds of rows are laid out after everything else that a new model changes, so that the page stays responsive
  const listed = useDeferredValue(shown);
  const onSort = (column: LayerColumn): void =>
    setSorted((now) => ({ column, down: now.column === column ? !now.down : column !== "layer" }));
  return (
    <>
      <div className="figure-head">
        <h2 id="layers-heading">{LAYERS_TITLE}</h2>
        {blocks ? (
          <p className="field-hint" data-testid="layers-selected">
            Only {blocksWords(blocks)}, as selected in the map.{" "}
            <button type="button" className="link" onClick={clearSelection}>
              Show all
            </button>
          </p>
        ) : null}
        <Save rows={shown} />
      </div>
      <div className="wide-table layers-table" tabIndex={0} role="group" aria-labelledby="layers-heading">
        <table>
          <Head sorted={sorted} onSort={onSort} />
          <Rows rows={listed} />
        </table>
      </div>
    </>
  );
}
