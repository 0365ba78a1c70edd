// What the map figure shows of the masks: which rows, in which order, and a recorded report while one is replayed.
import { createStore, type StoreApi } from "zustand/vanilla";
import type { DimensionOrder, MapSide } from "../../charts/index.ts";

interface MapLook {
  side: MapSide;
  order: DimensionOrder;
  /** Masks of an earlier report, and what they are in words; null: the current masks. */
  past: { masks: () => readonly Uint8Array[]; words: string } | null;
}

export type MapLookStore = StoreApi<MapLook>;

export const mapLook = (): MapLookStore =>
  createStore<MapLook>(() => ({ side: "embedding", order: "index", past: null }));
