// The open model: its sizes, its parameters by part and its GPU memory; and how to open another one.
import { quantisedOnOpening } from "../../../engine/index.ts";
import type { KnownFacts, ModelFacts } from "../../../worker/protocol.ts";
import { knownModel, shownModel } from "../../../state/model/shownModel.ts";
import { bytes, percent, short, whole } from "../../../shared/format.ts";
import { useStudio } from "../../studioContext.tsx";
import { licenceName } from "../../views/licence.ts";
import { MatmulFacts } from "./MatmulFacts.tsx";
import { MemoryPlanPanel } from "./MemoryPlanPanel.tsx";
import { OpenModel } from "./OpenModel.tsx";
import { QuantisationNote } from "./QuantisationNote.tsx";

interface RowProps {
  name: string;
  value: string;
  testId?: string;
}

function Row({ name, value, testId }: RowProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-testid={testId}>{value}</dd>
    </div>
  );
}

/** How the matrices are stored on the GPU. */
function storedText({ gpuDtype, fileDtype }: ModelFacts): string {
  if (gpuDtype === "file") return `${fileDtype} as in the file`;
  return `${gpuDtype.toUpperCase()}${quantisedOnOpening(gpuDtype) ? ", quantised on opening" : ""}`;
}

/** Where parameters are, in the order of the list. */
const PARTS = ["blocks", "embeddings", "head", "norms", "biases"] as const;

/** What the model takes on the GPU; a dash until it is there. */
function onGpu(facts: KnownFacts | ModelFacts): string {
  return "gpuBytes" in facts ? `${bytes(facts.gpuBytes)}, ${storedText(facts)}` : "–";
}

function Facts({ facts }: { facts: KnownFacts | ModelFacts }) {
  const { parameters } = facts;
  const heads = facts.heads === facts.kvHeads ? `${facts.heads}` : `${facts.heads} (${facts.kvHeads} key/value)`;
  return (
    <>
      <dl className="facts">
        <Row name="family" value={`${facts.modelType}, ${facts.fileDtype}`} testId="model-family" />
        <Row name="layers" value={whole(facts.layers)} testId="model-layers" />
        <Row name="hidden size" value={whole(facts.dModel)} testId="model-width" />
        <Row name="MLP width" value={whole(facts.dMlp)} testId="model-mlp" />
        <Row name="heads" value={`${heads} × ${facts.headDim}`} />
        <Row name="vocabulary" value={whole(facts.vocab)} />
        <Row name="context" value={`${whole(facts.context)} tokens`} />
        <Row name="file" value={`${bytes(facts.fileBytes)}, ${facts.fileDtype}`} testId="model-bytes" />
        <Row name="licence" value={licenceName(facts.licence)} testId="model-licence" />
        <Row name="on the GPU" value={onGpu(facts)} testId="model-gpu-bytes" />
      </dl>
      <dl className="facts facts-parameters" aria-label="Parameters by part">
        <Row name="parameters" value={whole(parameters.total)} testId="model-parameters" />
        {PARTS.filter((part) => parameters[part] > 0).map((part) => (
          <Row
            key={part}
            name={part}
            value={`${short(parameters[part])}  ${percent(parameters[part] / parameters.total)}`}
          />
        ))}
      </dl>
    </>
  );
}

/** What a user should know about the files although the model opens. */
function Notes({ notes }: Pick<ModelFacts, "notes">) {
  if (notes.length === 0) return null;
  return (
    <ul className="notes" aria-label="Notes on the files of this model" data-testid="model-notes">
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}

export function ModelPanel() {
  const facts = useStudio(shownModel);
  const known = useStudio(knownModel);
  return (
    <section className="panel" aria-labelledby="model-heading">
      <h2 id="model-heading">
        Model{" "}
        <span className="panel-subject" data-testid={facts ? "model-name" : undefined}>
          {known?.name ?? ""}
        </span>
      </h2>
      {known ? <Facts facts={known} /> : null}
      {facts ? <Notes notes={facts.notes} /> : null}
      <QuantisationNote />
      <div className="opened-facts">
        <MemoryPlanPanel />
        {facts ? <MatmulFacts matmul={facts.matmul} /> : null}
      </div>
      <OpenModel />
    </section>
  );
}
