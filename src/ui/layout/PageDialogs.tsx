// The dialogs that keys and the palette open. Their scripts load with the first one, or once a model is open.
import { lazy, Suspense, useEffect } from "react";
import { useStudio } from "../studioContext.tsx";

const load = () => import("./dialogs.tsx");
const Dialogs = lazy(async () => ({ default: (await load()).Dialogs }));

export function PageDialogs() {
  const wanted = useStudio(({ dialog }) => dialog !== null && dialog !== "reset");
  const open = useStudio(({ model, counts }) => model.phase === "open" && counts !== null);
  useEffect(() => {
    // from here on everything works without the network
    if (open) load().catch(() => undefined);
  }, [open]);
  return wanted ? (
    <Suspense>
      <Dialogs />
    </Suspense>
  ) : null;
}
