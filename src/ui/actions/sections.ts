// The sections of the page, in their order: the rail shows them, and "g" with a letter goes there.
interface Section {
  name: string;
  /** Id of the element that it begins with. */
  id: string;
  /** The key after "g". */
  key: string;
}

export const SECTIONS: readonly Section[] = [
  { name: "Prune", id: "run-heading", key: "p" },
  { name: "Map", id: "figure-map", key: "m" },
  { name: "Text", id: "text-heading", key: "t" },
  { name: "Layers", id: "layers-heading", key: "l" },
  { name: "Weights", id: "matrix-heading", key: "w" },
  { name: "Runs", id: "runs-title", key: "r" },
  { name: "Export", id: "export-heading", key: "e" },
];
