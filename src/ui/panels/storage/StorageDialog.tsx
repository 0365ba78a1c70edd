// What this browser stores for the studio, in one place: how much, for how long, and its removal, one by one or by kind.
import { useEffect, useMemo } from "react";
import { bytes } from "../../../shared/format.ts";
import type { StoredItem } from "../../../worker/protocol.ts";
import { shownModel } from "../../../state/model/shownModel.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { PageDialog } from "../../parts/PageDialog.tsx";
import { dropCopy } from "../../linkOffline.ts";
import { useActions, useStudio, useStudioStore } from "../../studioContext.tsx";
import { StorageRoom } from "./StorageRoom.tsx";
import { STORED_KINDS, storedTitle } from "./storedKinds.ts";
import { StoredGroup } from "./StoredGroup.tsx";
import { StoredRow } from "./StoredRow.tsx";
import { StoredRuns } from "./StoredRuns.tsx";

export function StorageDialog() {
  return (
    <PageDialog
      name="storage"
      title="Storage"
      about="What this browser stores for Espalier on this machine. Nothing of it leaves the machine."
      className="storage"
    >
      <Stored />
    </PageDialog>
  );
}

/** Names of models by their fingerprints: the open one, and those of saved runs. */
function useModelNames(): ReadonlyMap<string, string> {
  const runs = useStudio((state) => state.runs);
  const model = useStudio(shownModel);
  return useMemo(() => {
    const named = (runs ?? []).map(({ model: { fingerprint, name } }) => [fingerprint, name] as const);
    return new Map([...named, ...(model ? [[model.fingerprint, model.name] as const] : [])]);
  }, [runs, model]);
}

/** Rendered while the dialog is open, so that it lists anew each time. */
function Stored() {
  const report = useStudio((state) => state.storage);
  const error = useStudio((state) => state.storageError);
  const removal = useStudio((state) => state.storageRemoval);
  const { loadStorage } = useActions();
  useEffect(() => void loadStorage(), [loadStorage]);
  return (
    <>
      {error ? <ErrorNote error={error} context="page" testId="storage-error" /> : null}
      {report ? <StorageRoom report={report} /> : <p role="status">Listing what is stored…</p>}
      <p role="status" data-testid="storage-removed">
        {removal === null ? null : `${bytes(removal.freedBytes)} freed.`}
        {removal !== null && removal.inUse > 0 ? ` ${removal.inUse} in use by a tab, so not removed.` : null}
      </p>
      {report ? <Kinds items={report.items} /> : null}
      <StoredRuns />
    </>
  );
}

const keptBecause = ({ usedBy }: StoredItem): string | null => (usedBy === null ? null : `in use by ${usedBy}`);

function Kinds({ items }: { items: readonly StoredItem[] }) {
  const names = useModelNames();
  const { store } = useStudioStore();
  const { removeStored } = useActions();
  const groups = STORED_KINDS.map((text) => ({ ...text, of: items.filter(({ kind }) => kind === text.kind) }));
  return groups.map(({ kind, title, about, loss, of }) => {
    if (of.length === 0) return null;
    const free = of.filter(({ usedBy }) => usedBy === null);
    const size = of.reduce((sum, item) => sum + item.bytes, 0);
    const remove = async (which: readonly StoredItem[]): Promise<void> => {
      if (kind === "page") await dropCopy(store);
      const ids = which.map(({ id }) => id);
      await removeStored(kind, ids);
    };
    return (
      <StoredGroup
        key={kind}
        testId={`stored-${kind}`}
        {...{ title, about, loss, size }}
        count={of.length}
        onRemoveAll={free.length === 0 ? null : () => void remove(free)}
      >
        {of.map((item) => (
          <StoredRow
            key={item.id}
            name={storedTitle(item, names)}
            size={item.bytes}
            changed={item.changed}
            kept={keptBecause(item)}
            loss={loss}
            onRemove={() => void remove([item])}
          />
        ))}
      </StoredGroup>
    );
  });
}
