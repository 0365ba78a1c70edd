// Licences as people write them, from the identifiers in model cards.

const NAMES: Readonly<Record<string, string>> = {
  "apache-2.0": "Apache-2.0",
  "bsd-2-clause": "BSD-2-Clause",
  "bsd-3-clause": "BSD-3-Clause",
  gemma: "Gemma",
  mit: "MIT",
};

/** What the engine reports for a model whose card states no licence. */
const NOT_STATED = "not stated";

/** "mit" -> "MIT", "cc0-1.0" -> "CC0-1.0"; anything that is not a known identifier stays as it is. */
export function licenceName(licence: string): string {
  return NAMES[licence] ?? (/^(cc|[al]?gpl|mpl|isc)[\w.-]*$/.test(licence) ? licence.toUpperCase() : licence);
}

/** The licence among other facts, where "not stated" alone would not say what it is about. */
export function licenceFact(licence: string): string {
  return licence === NOT_STATED ? `licence ${licence}` : licenceName(licence);
}
