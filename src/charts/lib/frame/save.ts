// Charts as files: SVG documents, and PNGs of them.

/** An SVG document as a PNG, with `scale` pixels per CSS pixel. Rejects where the browser cannot draw the SVG. */
async function pngOf(svg: string, scale = 2): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob) resolve(blob);
      else
        reject(new Error(`expected a PNG of ${canvas.width} x ${canvas.height} pixels, got none; try a smaller scale`));
    }, "image/png");
  });
}

/** Downloads a blob as a file. */
export function saveFile(blob: Blob, fileName: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Saves a chart as `stem`.svg. */
export function saveSvg(chart: { svg(title?: string): string }, stem: string, title?: string): void {
  saveFile(new Blob([chart.svg(title)], { type: "image/svg+xml" }), `${stem}.svg`);
}

/** Saves a chart as `stem`.png, twice its size on the screen. */
export async function savePng(chart: { svg(title?: string): string }, stem: string, title?: string): Promise<void> {
  saveFile(await pngOf(chart.svg(title)), `${stem}.png`);
}
