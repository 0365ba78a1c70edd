// How much the browser stores and may store, whether it promised to keep it, and what works without the network.
import { useState } from "react";
import type { OfflineCopy } from "../../../state/storage/storageState.ts";
import { bytes } from "../../../shared/format.ts";
import type { StorageReport } from "../../../worker/protocol.ts";
import { useActions, useStudio } from "../../studioContext.tsx";

const OFFLINE: Readonly<Record<OfflineCopy, string>> = {
  none: "Offline: no copy of this page is stored. The next visit stores one.",
  unsupported: "Offline: this browser keeps no copy of the page here, so it needs the network to load.",
  keeping: "Offline: a copy of the page is being stored…",
  kept: "Offline: the page loads and trains without the network, with the built-in model and texts and with downloaded models. The checks of ONNX and GGUF exports and of the GPU do so after their first use.",
  failed:
    "Offline: the copy of the page could not be stored, so it needs the network to load. Free space, then reload the page.",
};

export function StorageRoom({ report }: { report: StorageReport }) {
  const offline = useStudio((state) => state.offlineCopy);
  const { usedBytes, quotaBytes, persisted, stores } = report;
  return (
    <>
      {stores ? null : (
        <p className="stored-warning" role="status" data-testid="storage-missing">
          This browser stores no files for this page, perhaps because the window is private. Models are downloaded each
          time, a run cannot be continued after a reload, and large exports cannot be prepared. Save what you need
          before you close the tab.
        </p>
      )}
      {usedBytes === null || quotaBytes === null ? null : (
        <p className="stored-room">
          <meter min={0} max={quotaBytes} value={usedBytes} aria-label="Storage in use" />
          <span data-testid="storage-used">
            {bytes(usedBytes)} of {bytes(quotaBytes)} that this browser allows (its estimate)
          </span>
        </p>
      )}
      {stores ? <Keeping persisted={persisted} /> : null}
      <p data-testid="storage-offline">{OFFLINE[offline]}</p>
    </>
  );
}

/** Asks the browser to keep what this page stores, even when the disk gets full. */
function Keeping({ persisted }: Pick<StorageReport, "persisted">) {
  const [refused, setRefused] = useState(false);
  const { loadStorage } = useActions();
  if (persisted) return <p data-testid="storage-kept">Kept: the browser deletes this only when you tell it to.</p>;
  const ask = async (): Promise<void> => {
    setRefused(!(await navigator.storage.persist().catch(() => false)));
    await loadStorage();
  };
  return (
    <p>
      The browser may delete all of this when the disk runs short, or after weeks without a visit.{" "}
      <button type="button" className="link" data-testid="storage-keep" onClick={() => void ask()}>
        Keep this storage
      </button>
      <span role="status">
        {refused
          ? " The browser did not agree. Most agree for pages that are bookmarked, installed or often used."
          : null}
      </span>
    </p>
  );
}
