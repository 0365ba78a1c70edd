// Commands about what the browser stores: listing it, and removing what no tab uses.
import { removeStored, storageReport } from "../storage/inventory.ts";
import type { Handlers } from "./workerState.ts";

export const storageCommands = (): Pick<Handlers, "storage" | "removeStored"> => ({
  storage: storageReport,
  removeStored: ({ kind, ids }) => removeStored(kind, ids),
});
