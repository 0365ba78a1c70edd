// The model that is open: layers, widths, parameters by where they are, size; and the way to open another one.
import type { ModelFacts } from "../../../worker/protocol.ts";
import { shownModel } from "../../views/chartSources.ts";
import { bytes, percent, short, whole } from "../../../shared/format.ts";
import { useStudio } from "../../studioContext.tsx";
import { MemoryPlanPanel } from "./MemoryPlanPanel.tsx";
import { OpenModel } from "./OpenModel.tsx";

function Row({ name, value, testId }: { name: string; value: string; testId?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-testid={testId}>{value}</dd>
    </div>
  );
}

const PLACES = [
  ["blocks", "blocks"],
  ["embeddings", "embeddings"],
  ["head", "head"],
  ["norms", "norms"],
  ["biases", "biases"],
] as const;

function Facts({ facts }: { facts: ModelFacts }) {
  const { parameters } = facts;
  const heads = facts.heads === facts.kvHeads ? `${facts.heads}` : `${facts.heads} (${facts.kvHeads} key/value)`;
  return (
    <>
      <dl className="facts">
        <Row name="family" value={`${facts.modelType}, ${facts.dtype}`} testId="model-family" />
        <Row name="layers" value={whole(facts.layers)} testId="model-layers" />
        <Row name="width d" value={whole(facts.dModel)} testId="model-width" />
        <Row name="MLP width" value={whole(facts.dMlp)} testId="model-mlp" />
        <Row name="heads" value={`${heads} × ${facts.headDim}`} />
        <Row name="vocabulary" value={whole(facts.vocab)} />
        <Row name="context" value={`${whole(facts.context)} tokens`} />
        <Row name="file size" value={bytes(facts.fileBytes)} testId="model-bytes" />
        <Row name="licence" value={facts.licence} testId="model-licence" />
        <Row name="on the GPU" value={bytes(facts.gpuBytes)} testId="model-gpu-bytes" />
      </dl>
      <dl className="facts facts-parameters" aria-label="Parameters by where they are">
        <Row name="parameters" value={whole(parameters.total)} testId="model-parameters" />
        {PLACES.filter(([key]) => parameters[key] > 0).map(([key, name]) => (
          <Row
            key={key}
            name={name}
            value={`${short(parameters[key])}  ${percent(parameters[key] / parameters.total)}`}
          />
        ))}
      </dl>
    </>
  );
}

export function ModelPanel() {
  const facts = useStudio(shownModel);
  return (
    <section className="panel" aria-labelledby="model-heading">
      <h2 id="model-heading">
        Model{" "}
        <span className="panel-subject" data-testid="model-name">
          {facts?.name ?? ""}
        </span>
      </h2>
      {facts ? <Facts facts={facts} /> : null}
      <MemoryPlanPanel />
      <OpenModel />
    </section>
  );
}
