// Composition root: creates the worker, the client, the store, the page's link and the React root. The only file that imports every layer.
import { createRoot } from "react-dom/client";
import { browserRunStore } from "./state/runs/runStore.ts";
import { browserClock, createStudio } from "./state/store.ts";
import { linkSingleKeys } from "./ui/actions/singleKeys.ts";
import { App } from "./ui/App.tsx";
import { showStopped } from "./ui/errors/stopped.ts";
import { linkGpuMemory } from "./ui/gpuMemory.ts";
import { keepFocus } from "./ui/keepFocus.ts";
import { linkLongRuns } from "./ui/longRuns.ts";
import { linkOffline } from "./ui/linkOffline.ts";
import { linkPage } from "./ui/pageLink.ts";
import { StudioProvider } from "./ui/studioContext.tsx";
import { linkTheme } from "./ui/theme.ts";
import { createClient } from "./worker/client.ts";

const worker = new Worker(new URL("./worker/host.ts", import.meta.url), { type: "module", name: "espalier" });
const studio = createStudio(createClient(worker), browserClock, browserRunStore());
linkTheme(studio.store);
linkSingleKeys(studio.store);
linkGpuMemory(studio.store);
linkPage(studio.store);
linkLongRuns(studio);
linkOffline(studio.store);
keepFocus();

const root = document.getElementById("root");
if (root)
  createRoot(root, { onUncaughtError: (error) => showStopped(root, error) }).render(
    <StudioProvider studio={studio}>
      <App />
    </StudioProvider>,
  );

void studio.store.getState().loadRuns();
void studio.store.getState().open({ kind: "embedded" });
