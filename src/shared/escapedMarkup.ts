// Text inside HTML, SVG and XML.

/** Text between tags or in quotes: markup in it is shown, not obeyed. */
export const escapedMarkup = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
