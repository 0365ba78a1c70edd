// All terms in one dialog.
import { PageDialog } from "../parts/PageDialog.tsx";
import { GLOSSARY } from "./glossary.ts";

export function Glossary() {
  return (
    <PageDialog name="glossary" title="Terms" about="The terms on this page, with their sources.">
      <dl className="glossary">
        {GLOSSARY.map(({ name, text, source }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {text} <em>{source}</em>
            </dd>
          </div>
        ))}
      </dl>
    </PageDialog>
  );
}
