// Saving runs as a JSON file.
import { saveFile } from "../../../charts/index.ts";
import { useActions } from "../../studioContext.tsx";

/** A function that downloads the runs of these ids as one JSON file. */
export function useSaveRuns(): (ids: readonly string[], fileName: string) => void {
  const { exportRuns } = useActions();
  return (ids, fileName) =>
    void exportRuns(ids).then((text) => {
      if (text !== null) saveFile(new Blob([text], { type: "application/json" }), fileName);
    });
}
