// The dialogs that keys, the palette and buttons open.
import { Suspense, useEffect, useState } from "react";
import { isOpened } from "../../state/model/shownModel.ts";
import { later, preload } from "../parts/later.ts";
import { useStudio } from "../studioContext.tsx";

const Dialogs = later(async () => (await import("./dialogs.tsx")).Dialogs);
const Tour = later(async () => (await import("../tour/Tour.tsx")).Tour);
const Library = later(async () => (await import("../panels/library/Library.tsx")).Library);

export function PageDialogs() {
  const wanted = useStudio(({ dialog }) => dialog !== null);
  const tour = useStudio((state) => state.tour !== null);
  const library = useStudio((state) => state.libraryShown);
  const open = useStudio(isOpened);
  useEffect(() => {
    if (open) preload();
  }, [open]);
  // once used they stay, so that they can give the focus back when they close
  const [used, setUsed] = useState({ dialogs: false, library: false });
  if ((wanted && !used.dialogs) || (library && !used.library))
    setUsed({ dialogs: used.dialogs || wanted, library: used.library || library });
  return (
    <Suspense>
      {used.dialogs ? <Dialogs /> : null}
      {tour ? <Tour /> : null}
      {used.library ? <Library /> : null}
    </Suspense>
  );
}
