// Controls of the gate map: zoom, order and rows, and the button that lets it fill the screen.
import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { useStore } from "zustand";
import { Maximize, Minimize, ZoomIn, ZoomOut } from "lucide";
import {
  type DimensionOrder,
  type GateMapChart,
  type MapSide,
  type MapZoom,
  mapBrush,
  mapZoom,
} from "../../../charts/index.ts";
import { SelectionNote } from "./SelectionNote.tsx";
import { fillScreen } from "../../actions/actions.ts";
import { goTo } from "../../parts/goTo.ts";
import { InlineChoice } from "../../parts/InlineChoice.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { useActions, useStudio, useStudioStore } from "../../studioContext.tsx";
import type { MapLookStore } from "../../views/mapLook.ts";
import { Playback } from "./Playback.tsx";
import { followForMap } from "./followLogits.ts";

interface Props {
  chart: GateMapChart;
  look: MapLookStore;
}

/** Height of what a figure that fills the screen has besides the map, CSS pixels. */
const BESIDES_PX = 330;
const LEAST_ROOM_PX = 240;

/** Adds zooming to the chart. */
function useZoom(chart: GateMapChart): RefObject<MapZoom | null> {
  const zoom = useRef<MapZoom>(null);
  useEffect(() => {
    const added = mapZoom(chart);
    zoom.current = added;
    return () => added.destroy();
  }, [chart]);
  return zoom;
}

/** Whether the map fills the screen; it is then as high as the screen has room for. */
function useFilled(chart: GateMapChart): boolean {
  const [filled, setFilled] = useState(false);
  useEffect(() => {
    const changed = (): void => {
      const now = document.fullscreenElement?.contains(chart.frame.plot) ?? false;
      setFilled(now);
      chart.setRoom(now ? Math.max(LEAST_ROOM_PX, innerHeight - BESIDES_PX) : undefined);
    };
    document.addEventListener("fullscreenchange", changed);
    return () => document.removeEventListener("fullscreenchange", changed);
  }, [chart]);
  return filled;
}

/** Calls `shown` with the block under the map's cursor, of pointer or keys; returns what ends that. */
function followCursor({ frame: { plot }, cursor, drawn }: GateMapChart, shown: (block: number) => void): () => void {
  const changed = (): void => {
    const at = cursor.at();
    if (at && at.row >= 0) shown(Math.floor(at.row / (drawn()?.layout.rowsPerBlock ?? 1)));
  };
  const events = ["pointermove", "keydown", "focus"];
  for (const name of events) plot.addEventListener(name, changed);
  return () => events.forEach((name) => plot.removeEventListener(name, changed));
}

const ORDERS: readonly { value: DimensionOrder; text: string }[] = [
  { value: "index", text: "by index" },
  { value: "kept", text: "by kept rate" },
  { value: "logit", text: "by gate logit" },
];
const SIDES: readonly { value: MapSide; text: string }[] = [
  { value: "embedding", text: "s1, s2, s3, s5" },
  { value: "middle", text: "s4, MLP middle" },
];

export function MapTools({ chart, look }: Props) {
  const studio = useStudioStore();
  const zoom = useZoom(chart);
  const filled = useFilled(chart);
  const { side, order } = useStore(look);
  useEffect(() => followForMap(studio, look, chart.frame.plot), [studio, look, chart]);
  const { select, showBlock } = useActions();
  useEffect(() => followCursor(chart, showBlock), [chart, showBlock]);
  useEffect(
    () =>
      mapBrush(chart, ({ blocks, dimensions, words }) =>
        select({ selectedBlocks: blocks, selectedDimensions: dimensions && { of: dimensions, words: words ?? "" } }),
      ),
    [chart, select],
  );
  return (
    <div className="map-bar" role="group" aria-label="Map: view and order">
      <ZoomButtons zoom={zoom} />
      <InlineChoice
        label="Rows"
        options={SIDES}
        value={side}
        testId="map-side"
        onChange={(next) => look.setState({ side: next })}
      />
      <InlineChoice
        label="Columns"
        options={ORDERS}
        value={order}
        testId="map-order"
        disabled={side === "middle"}
        onChange={(next) => look.setState({ order: next })}
      />
      {document.fullscreenEnabled ? (
        <button type="button" className="link map-fill" data-testid="map-fill" onClick={fillScreen}>
          <Icon of={filled ? Minimize : Maximize} />
          {filled ? "Leave full screen" : "Fill the screen"}
        </button>
      ) : null}
      <Playback look={look} />
      <SelectionNote />
      <p className="field-hint map-hint">
        Wheel with Ctrl, or after a click into the map: zoom. Drag: move. Shift and drag, or a drag along bars or strip:
        select. Keys: + − 0, arrows, Enter. <ShowWeights />
      </p>
    </div>
  );
}

const ZOOMS: readonly { id: string; face: ReactNode; label: string; act(zoom: MapZoom): void }[] = [
  { id: "map-in", face: <Icon of={ZoomIn} />, label: "Zoom into the map", act: (zoom) => zoom.zoomIn() },
  { id: "map-out", face: <Icon of={ZoomOut} />, label: "Zoom out of the map", act: (zoom) => zoom.zoomOut() },
  { id: "map-all", face: "All", label: "Show all of the map", act: (zoom) => zoom.showAll() },
];

function ZoomButtons({ zoom }: { zoom: RefObject<MapZoom | null> }) {
  return ZOOMS.map(({ id, face, label, act }) => (
    <button
      key={id}
      type="button"
      aria-label={label}
      data-testid={id}
      onClick={() => {
        if (zoom.current) act(zoom.current);
      }}
    >
      {face}
    </button>
  ));
}

/** Shows the weights of the selected block, or of the one under the map's cursor. */
function ShowWeights() {
  const block = useStudio((state) => state.selectedBlocks?.[0] ?? state.shownBlock);
  const { showMatrix } = useActions();
  return (
    <button
      type="button"
      className="link"
      data-testid="map-matrix"
      onClick={() => {
        showMatrix({ block, layer: 0 });
        goTo("matrix-heading");
      }}
    >
      Weights of block {block}
    </button>
  );
}
