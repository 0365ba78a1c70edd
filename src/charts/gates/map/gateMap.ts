// Fig. 4 of DISP-LLM (arXiv 2410.11988): every s1, s2, s3, s5 of every block by embedding dimension, kept and pruned, drawn live.
import { createChart, type Chart } from "../../lib/frame/chart.ts";
import { createGateMark, createSurround } from "./drawGateMap.ts";
import { GateCanvas } from "./gateCanvas.ts";
import { GateImage } from "./gateImage.ts";
import type { GateData } from "./gateImage.ts";
import { GATE_PLACES, gateMapGeometry, gateMapHead, type GateMapGeometry } from "./gateMapGeometry.ts";
import type { GatePlace } from "./gateTip.ts";

interface GateMapOptions {
  /** Marks gates that have just changed for a moment, unless the reader prefers less motion. Default true. */
  flash?: boolean;
}

/** Draws the map into `node`. Cheap enough for ten updates per second; masks are read at each update and at each hover. */
export function gateMap(node: HTMLElement, { flash = true }: GateMapOptions = {}): Chart<GateData> {
  const image = new GateImage();
  return createChart<GateData, GateMapGeometry, GatePlace>(node, "gate-map", (frame) => {
    const drawSurround = createSurround(frame);
    const canvas = new GateCanvas(frame, flash);
    return {
      geometry(data, space) {
        const head = gateMapHead(data, space);
        const columns = Math.round(head.layout.plotWidth * space.pixelRatio);
        return gateMapGeometry(data, image.update(data, columns, canvas.heatLeft()), head, space);
      },
      draw(geometry, anew) {
        drawSurround(geometry);
        canvas.draw(geometry, anew);
      },
      places: GATE_PLACES,
      mark: createGateMark(frame),
    };
  });
}
