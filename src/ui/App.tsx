// The one screen: header, target, ledger, run and figures; text, export and model below.
import { useState } from "react";
import type { DragEvent } from "react";
import { EngineError } from "../engine/index.ts";
import { readDrop } from "./droppedFiles.ts";
import { Banners } from "./panels/Banners.tsx";
import { ComparePanel } from "./panels/ComparePanel.tsx";
import { ExportPanel } from "./panels/ExportPanel.tsx";
import { Figures, MapFigure } from "./panels/Figures.tsx";
import { Footer } from "./panels/Footer.tsx";
import { Header } from "./panels/Header.tsx";
import { Library } from "./panels/Library.tsx";
import { ModelPanel } from "./panels/ModelPanel.tsx";
import { NoWebgpu } from "./panels/NoWebgpu.tsx";
import { RatioCurve } from "./panels/RatioCurve.tsx";
import { RatioPanel } from "./panels/RatioPanel.tsx";
import { ResultsStrip } from "./panels/ResultsStrip.tsx";
import { RunPanel } from "./panels/RunPanel.tsx";
import { RunsPanel } from "./panels/RunsPanel.tsx";
import { WeightFigures } from "./panels/WeightFigures.tsx";
import { useActions, useStudio } from "./studioContext.tsx";
import { useOpening } from "./useOpening.ts";
import "./base.css";
import "./layout.css";
import "./controls.css";
import "./panels.css";
import "./compare.css";
import "./export.css";
import "./library.css";
import "./ratio.css";
import "./runs.css";
import "./weights.css";

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes("Files");

export function App() {
  const device = useStudio((state) => state.device);
  const { report } = useActions();
  const { openSource } = useOpening();
  const [dragging, setDragging] = useState(false);
  const drop = (event: DragEvent): void => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    setDragging(false);
    readDrop(event.dataTransfer).then(
      ({ source, folder }) => source && openSource(source, folder),
      (error: unknown) => report(EngineError.from(error)),
    );
  };
  if (device.phase === "absent") return <NoWebgpu error={device.error} />;
  return (
    <div
      className="page"
      onDragOver={(event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        setDragging(true);
      }}
      onDragLeave={(event) => {
        if (event.currentTarget === event.target || event.relatedTarget === null) setDragging(false);
      }}
      onDrop={drop}
    >
      <Header />
      <Banners />
      <main>
        <RatioPanel />
        <ResultsStrip />
        <div className="bench">
          <div className="column-controls">
            <RunPanel />
            <ModelPanel />
          </div>
          <div className="column-map">
            <MapFigure />
            <RatioCurve />
            <ComparePanel />
          </div>
          <div className="column-curves">
            <Figures />
          </div>
        </div>
        <WeightFigures />
        <RunsPanel />
        <div className="after">
          <ExportPanel />
        </div>
      </main>
      <Footer />
      <Library />
      {dragging ? <div className="drop-veil">Drop the model’s folder or GGUF file to open it</div> : null}
    </div>
  );
}
