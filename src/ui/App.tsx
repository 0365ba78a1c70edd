// The screen: header, target, results, run and figures; single weights, tasks, saved runs and export below.
import { Suspense } from "react";
import { Banners } from "./panels/page/Banners.tsx";
import { TextPanel } from "./panels/text/TextPanel.tsx";
import { ExportPanel } from "./panels/export/ExportPanel.tsx";
import { MapFigure } from "./panels/figures/MapFigure.tsx";
import { RunFigures } from "./panels/figures/RunFigures.tsx";
import { Footer } from "./panels/page/Footer.tsx";
import { Header } from "./panels/page/Header.tsx";
import { ModelPanel } from "./panels/model/ModelPanel.tsx";
import { RatioCurve } from "./panels/figures/RatioCurve.tsx";
import { TasksSection } from "./panels/tasks/TasksSection.tsx";
import { TargetPanel } from "./panels/target/TargetPanel.tsx";
import { ResultsStrip } from "./panels/results/ResultsStrip.tsx";
import { RunPanel } from "./panels/run/RunPanel.tsx";
import { RunsPanel } from "./panels/runs/RunsPanel.tsx";
import { WeightFigures } from "./panels/weights/WeightFigures.tsx";
import { useActionKeys } from "./actions/actionKeys.ts";
import { Pinned } from "./layout/Pinned.tsx";
import { Rail } from "./layout/Rail.tsx";
import { Sentence } from "./layout/Sentence.tsx";
import { AnatomyFigures } from "./panels/anatomy/AnatomyFigures.tsx";
import { LayersPanel } from "./panels/layers/LayersPanel.tsx";
import { MatrixPanel } from "./panels/matrix/MatrixPanel.tsx";
import { PageDialogs } from "./layout/PageDialogs.tsx";
import { later } from "./parts/later.ts";
import { SectionLink } from "./parts/SectionLink.tsx";
import { useStudio } from "./studioContext.tsx";
import { useDrop } from "./opening/useDrop.ts";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/controls.css";
import "./styles/panels.css";
import "./styles/notes.css";
import "./styles/results.css";
import "./styles/run.css";
import "./styles/model.css";
import "./styles/figures.css";
import "./styles/text.css";
import "./styles/export.css";
import "./styles/library.css";
import "./styles/storage.css";
import "./styles/target.css";
import "./styles/runs.css";
import "./styles/tasks.css";
import "./styles/weights.css";
import "./styles/check.css";
import "./styles/frame.css";

const NoWebgpu = later(async () => (await import("./panels/page/NoWebgpu.tsx")).NoWebgpu);

export function App() {
  const device = useStudio((state) => state.device);
  const { dragging, handlers } = useDrop();
  useActionKeys();
  if (device.phase === "absent")
    return (
      <Suspense>
        <NoWebgpu error={device.error} />
      </Suspense>
    );
  return (
    <div className="page" {...handlers}>
      <SectionLink to="run-heading" className="skip">
        Skip to the run
      </SectionLink>
      <Header />
      <Banners />
      <Sentence />
      <main>
        <Pinned>
          <Rail />
          <TargetPanel />
          <ResultsStrip />
        </Pinned>
        <div className="bench">
          <div className="column-controls">
            <RunPanel />
            <ModelPanel />
          </div>
          <div className="column-map">
            <MapFigure />
            <RatioCurve />
            <TextPanel />
          </div>
          <div className="column-curves">
            <RunFigures />
          </div>
        </div>
        <AnatomyFigures />
        <LayersPanel />
        <MatrixPanel />
        <WeightFigures />
        <TasksSection />
        <RunsPanel />
        <div className="after">
          <ExportPanel />
        </div>
      </main>
      <Footer />
      <PageDialogs />
      {dragging ? (
        <div className="drop-veil">Drop a model folder or a GGUF file to open it, or a text to calibrate on</div>
      ) : null}
    </div>
  );
}
