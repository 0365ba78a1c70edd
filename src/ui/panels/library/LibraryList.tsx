// The models at hand, one row each: the built-in one, downloaded ones, and folders that were picked before.
import { useCallback, useEffect, useState } from "react";
import { addressText, EngineError, readAddress } from "../../../engine/index.ts";
import type { CachedModel, ModelSource } from "../../../worker/protocol.ts";
import { bytes } from "../../../shared/format.ts";
import { forgetFolder, type RememberedFolder, rememberedFolders } from "../../opening/rememberedFolders.ts";
import { useActions, useStudio } from "../../studioContext.tsx";
import { useOpening } from "../../opening/useOpening.ts";
import { licenceFact } from "../../views/licence.ts";
import { LibraryRow } from "./LibraryRow.tsx";

/** Whether the open source is the model at `address`. */
const isOpen = (source: ModelSource, address: string): boolean =>
  (source.kind === "hub" || source.kind === "cached") && addressText(readAddress(source.address)) === address;

interface DownloadedProps {
  model: CachedModel;
}

/** A model in the browser's storage, perhaps only in part. */
function Downloaded({ model }: DownloadedProps) {
  const open = useStudio(({ source, model: { phase } }) => phase === "open" && isOpen(source, model.address));
  const { forgetModel } = useActions();
  const { openSource } = useOpening();
  const { address, whole } = model;
  return (
    <LibraryRow
      testId="cached-model"
      name={model.name}
      where={address}
      facts={[
        model.family,
        whole ? bytes(model.bytes) : `${bytes(model.bytes)} of ${bytes(model.ofBytes)} downloaded`,
        model.licence && licenceFact(model.licence),
      ]}
      open={open}
      verb={whole ? "Open" : "Resume download"}
      onOpen={() => void openSource({ kind: "cached", address })}
      removal={{ question: `Remove and free ${bytes(model.bytes)}?`, act: () => void forgetModel(model) }}
    />
  );
}

interface PickedProps {
  folder: RememberedFolder;
  /** Called after the folder was forgotten. */
  onForgotten: () => void;
}

function Picked({ folder, onForgotten }: PickedProps) {
  const { openFolder } = useOpening();
  const { notify } = useActions();
  return (
    <LibraryRow
      testId="picked-folder"
      name={folder.name}
      where="a folder on this machine"
      facts={[folder.family, bytes(folder.bytes), licenceFact(folder.licence)]}
      open={false}
      verb="Open"
      onOpen={() => void openFolder(folder.handle)}
      removal={{
        question: "Remove from this list? Its files stay.",
        act: () => {
          forgetFolder(folder.id).then(onForgotten, (error: unknown) => notify(EngineError.from(error), "model"));
        },
      }}
    />
  );
}

export function LibraryList() {
  const embedded = useStudio((state) => state.embedded);
  const embeddedOpen = useStudio(({ source, model }) => source.kind === "embedded" && model.phase === "open");
  const cached = useStudio((state) => state.cached);
  const [folders, setFolders] = useState<readonly RememberedFolder[]>([]);
  const { openSource } = useOpening();
  const look = useCallback(() => void rememberedFolders().then(setFolders), []);
  useEffect(look, [look]);
  return (
    <>
      <h3>Built in</h3>
      <ul className="library-list">
        <LibraryRow
          testId="embedded-model"
          name={embedded.name}
          where="trained on presidents’ speeches and Moby Dick"
          facts={[embedded.family, bytes(embedded.bytes), licenceFact(embedded.licence)]}
          open={embeddedOpen}
          verb="Open"
          onOpen={() => void openSource({ kind: "embedded" })}
        />
      </ul>
      <h3>Recent</h3>
      {cached?.length === 0 && folders.length === 0 ? (
        <p className="library-empty">Models you open will be listed here.</p>
      ) : null}
      <ul className="library-list" data-testid="recent">
        {cached?.map((model) => (
          <Downloaded key={model.address} model={model} />
        ))}
        {folders.map((folder) => (
          <Picked key={folder.id} folder={folder} onForgotten={look} />
        ))}
      </ul>
    </>
  );
}
