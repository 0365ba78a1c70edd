// The page gallery.html: every chart on its fixed data, in light and dark side by side.
import { CHARTS, type GalleryChart } from "./charts.fixture.ts";

const SCHEMES = ["light", "dark"] as const;

/** One chart in one colour scheme, below its name. */
function addHalf(row: HTMLElement, chart: GalleryChart, scheme: (typeof SCHEMES)[number]): void {
  const half = document.createElement("section");
  half.className = "gallery-half";
  half.dataset["scheme"] = scheme;
  const title = document.createElement("h2");
  title.textContent = chart.name;
  const place = document.createElement("div");
  half.append(title, place);
  row.append(half);
  chart.draw(place, "page");
}

for (const chart of CHARTS) {
  const row = document.createElement("div");
  row.className = "gallery-row";
  row.dataset["name"] = chart.name;
  document.querySelector("#charts")?.append(row);
  for (const scheme of SCHEMES) addHalf(row, chart, scheme);
}
