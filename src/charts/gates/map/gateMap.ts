// Fig. 4 of DISP-LLM (arXiv 2410.11988): the selection vectors of every block by dimension, kept and pruned, drawn live; all or a part of it.
import { createChart, type LiveChart } from "../../lib/frame/chart.ts";
import { rowOf } from "../../lib/numbers/vectors.ts";
import { BY_INDEX, type Columns, columnsBy, meanLogits } from "./dimensionOrder.ts";
import { createGateMark, createSurround } from "./drawGateMap.ts";
import { GateCanvas } from "./gateCanvas.ts";
import { type GateData, GateImage } from "./gateImage.ts";
import { GATE_PLACES, gateMapGeometry, gateMapHead, type GateMapGeometry } from "./gateMapGeometry.ts";
import type { GatePass } from "./gateState.ts";
import type { GatePlace } from "./gateTip.ts";
import { ALL_IN_VIEW, type GateView } from "./gateView.ts";
import { type MapLayout, mapLayout } from "./mapLayout.ts";

interface GateMapOptions {
  /** Marks gates that have just changed for a moment, unless the reader prefers less motion. Default true. */
  flash?: boolean;
  /** Called for each move of the cursor that a person makes. */
  moved?: (at: GatePlace | null) => void;
}

/** What zooming by wheel, drag, keys and buttons needs of the map. */
export interface GateMapChart extends LiveChart<GateData, GatePlace> {
  view(): GateView;
  setView(view: GateView): void;
  /** Sets the height to aim at, where the map fills the screen; undefined: the usual one. */
  setRoom(room: number | undefined): void;
  /** What was drawn last; null before the first data. */
  drawn(): GateMapGeometry | null;
  /** The layout that another scale would have. */
  layoutAt(scale: number): MapLayout | null;
}

/** Draws the map into `node`. Cheap enough for ten updates per second; masks are read at each update and at each hover. */
export function gateMap(node: HTMLElement, { flash = true, moved }: GateMapOptions = {}): GateMapChart {
  const image = new GateImage();
  let view = ALL_IN_VIEW;
  let room: number | undefined;
  let drawn: GateMapGeometry | null = null;
  let width = 0;
  /** Only the view has changed since the last drawing: the masks need not be compared again. */
  let moving = false;
  const chart = createChart<GateData, GateMapGeometry, GatePlace>(node, "gate-map", (frame) => {
    const drawSurround = createSurround(frame);
    const canvas = new GateCanvas(frame, flash);
    return {
      geometry(data, space) {
        width = space.width;
        // another model or other rows are seen in full
        const { data: old } = drawn ?? {};
        if (old && (old.layers !== data.layers || old.dModel !== data.dModel || old.side !== data.side))
          view = ALL_IN_VIEW;
        const head = gateMapHead(data, space, { view, room });
        const pixels = Math.round(head.layout.plotWidth * space.pixelRatio);
        const still = moving && drawn?.data === data && drawn.pass.columns === Math.min(data.dModel, pixels);
        const pass = still && drawn ? { ...drawn.pass, changed: 0 } : image.update(data, pixels, canvas.heatLeft());
        const columns = old === data && drawn ? drawn.columns : sortedColumns(data, pass);
        drawn = gateMapGeometry(data, { pass, head, columns }, space);
        return drawn;
      },
      draw(geometry, anew) {
        drawSurround(geometry);
        canvas.draw(geometry, anew);
      },
      places: GATE_PLACES,
      mark: createGateMark(frame),
      ...(moved ? { moved } : {}),
    };
  });
  return Object.assign(chart, {
    view: () => view,
    setView(next: GateView) {
      view = next;
      moving = true;
      chart.redraw();
      moving = false;
    },
    setRoom(next: number | undefined) {
      room = next;
      chart.redraw();
    },
    drawn: () => drawn,
    layoutAt: (scale: number) =>
      drawn &&
      mapLayout({
        ...{ width, layers: drawn.data.layers, rowsPerBlock: drawn.layout.rowsPerBlock, headPx: 0, room },
        view: { ...ALL_IN_VIEW, scale },
      }),
  });
}

/** The columns in the order of the data. Where no gate logits are known, they stay in the order of their indices. */
function sortedColumns(
  { order = "index", logits: now, earlier, side, dModel }: GateData,
  { rows, dimKept }: GatePass,
): Columns {
  if (order === "kept") return columnsBy("kept", dimKept);
  const logits = now ?? earlier?.logits;
  if (order === "index" || !logits) return BY_INDEX;
  const means = meanLogits(
    Array.from({ length: rows }, (_, row) => logits[rowOf(row, side).mask] ?? null),
    dModel,
  );
  return means ? columnsBy("logit", means) : BY_INDEX;
}
