// When parts below the first picture are loaded.
import { useState } from "react";
import { isOpened } from "../../state/model/shownModel.ts";
import { useStudio } from "../studioContext.tsx";

/** True from the first model on that is open; it stays while others are opened, so that what is shown does not go away. */
export function useOnceOpened(): boolean {
  const open = useStudio(isOpened);
  const [once, setOnce] = useState(open);
  if (open && !once) setOnce(true);
  return once || open;
}
