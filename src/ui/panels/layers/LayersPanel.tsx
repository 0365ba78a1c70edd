// Every linear layer before and after pruning. Its table is loaded after the first picture.
import { Suspense } from "react";
import { later } from "../../parts/later.ts";
import { useOnceOpened } from "../../parts/useOnceOpened.ts";
import { LAYERS_TITLE } from "./title.ts";

const LayersTable = later(async () => (await import("./LayersTable.tsx")).LayersTable);

export function LayersPanel() {
  const opened = useOnceOpened();
  const heading = <h2 id="layers-heading">{LAYERS_TITLE}</h2>;
  return (
    <section className="layers" aria-labelledby="layers-heading" data-testid="layers">
      <Suspense fallback={heading}>{opened ? <LayersTable /> : heading}</Suspense>
    </section>
  );
}
