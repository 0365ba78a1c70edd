// The heading of the layers, which is on the page before their table.
export const LAYERS_TITLE = "Layers, before → after";
