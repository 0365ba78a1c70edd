// The library of models: lists the cached ones and removes them. Opening a model is in modelSlice.
import { EngineError } from "../../engine/index.ts";
import { EMBEDDED_MODEL } from "../../worker/embeddedModel.ts";
import type { SliceOf } from "../slice.ts";
import type { LibrarySlice } from "./modelState.ts";

export const librarySlice: SliceOf<LibrarySlice> = ({ client }, set, get) => ({
  libraryShown: false,
  embedded: EMBEDDED_MODEL,
  cached: null,
  removed: null,
  showLibrary(libraryShown) {
    set({ libraryShown, removed: null });
    if (libraryShown) void get().refreshLibrary();
  },
  async refreshLibrary() {
    try {
      set({ cached: await client.request({ type: "library" }) });
    } catch (error) {
      get().report(EngineError.from(error), { context: "model" });
    }
  },
  async forgetModel(model) {
    try {
      const { freedBytes } = await client.request({ type: "forget", address: model.address });
      set({ removed: { name: model.name, freedBytes } });
    } catch (error) {
      get().report(EngineError.from(error), { context: "model" });
    }
    await get().refreshLibrary();
  },
});
