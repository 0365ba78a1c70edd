// Replays the training in the map: its reports one after another, marked as not the current masks. No other figure follows it.
import { useEffect, useState } from "react";
import { useStore } from "zustand";
import { Pause, Play, Rewind, X } from "lucide";
import { percent } from "../../../shared/format.ts";
import { showsRun } from "../../../state/run/currentPruning.ts";
import { MaskRecording, type RecordedMasks } from "../../../state/run/maskRecording.ts";
import { knownModel } from "../../../state/model/shownModel.ts";
import { useStudio, useStudioStore } from "../../studioContext.tsx";
import type { MapLookStore } from "../../views/mapLook.ts";
import { frameMs, lossOf, nearestReport, stepWords } from "../../views/playbackView.ts";
import { Icon } from "../../parts/Icon.tsx";

/** The reports of the run in this session so far. */
function useReports(look: MapLookStore): readonly RecordedMasks[] {
  const { store } = useStudioStore();
  const [recording] = useState(() => new MaskRecording());
  const [reports, setReports] = useState(recording.all);
  useEffect(
    () =>
      store.subscribe((state, before) => {
        if (state.architecture === before.architecture && state.model === before.model) return;
        const { architecture, run } = state;
        if (architecture === null && showsRun(state)) recording.clear();
        // moving the target of a finished run is no training
        else if (architecture && showsRun(state) && (run.phase === "training" || isNext(architecture.step, recording)))
          recording.add(architecture);
        setReports(recording.all);
        // what was replayed is of another run, or of none
        if (recording.all.length < 2) look.setState({ past: null });
      }),
    [store, recording, look],
  );
  return reports;
}

const isNext = (step: number, { all }: MaskRecording): boolean => step > (all.at(-1)?.step ?? Infinity);

interface Props {
  look: MapLookStore;
}

export function Playback({ look }: Props) {
  const reports = useReports(look);
  const past = useStore(look, (state) => state.past);
  const [shown, setShown] = useState<RecordedMasks | null>(null);
  const show = (report: RecordedMasks | null): void => {
    setShown(report);
    look.setState({ past: report && { masks: report.masks, words: stepWords(report) } });
  };
  if (reports.length < 2 && !past) return null;
  if (!past || !shown)
    return (
      <button
        type="button"
        aria-label="Replay the training in the map"
        data-testid="playback-open"
        onClick={() => show(reports[0] ?? null)}
      >
        <Icon of={Rewind} />
        Replay
      </button>
    );
  return <Player reports={reports} shown={shown} show={show} />;
}

interface PlayerProps {
  reports: readonly RecordedMasks[];
  shown: RecordedMasks;
  show: (report: RecordedMasks | null) => void;
}

function Player({ reports, shown, show }: PlayerProps) {
  const { series } = useStudioStore();
  const blocks = useStudio((state) => knownModel(state)?.parameters.blocks ?? null);
  const [playing, setPlaying] = useState(true);
  const at = nearestReport(reports, shown.step);
  const next = reports[at + 1];
  const runs = playing && next !== undefined;
  useEffect(() => {
    if (!runs) return;
    const timer = setTimeout(() => show(next), frameMs(reports.length));
    return () => clearTimeout(timer);
  });
  const loss = lossOf(series, shown.step);
  const words = [
    stepWords(shown),
    ...(blocks === null ? [] : [`${percent(shown.keptWeights / blocks)} of the block weights kept`]),
    ...(loss === null ? [] : [`loss ${loss.toFixed(3)}`]),
  ].join(" · ");
  const play = (): void => {
    if (!next) show(reports[0] ?? null);
    setPlaying(!runs);
  };
  return (
    <div className="playback" role="group" aria-label="Replay of the training" data-testid="playback">
      <button type="button" data-testid="playback-play" onClick={play}>
        <Icon of={runs ? Pause : Play} />
        {runs ? "Pause" : "Play"}
      </button>
      <input
        type="range"
        min={0}
        max={reports.length - 1}
        value={at}
        aria-label="Report of the training"
        aria-valuetext={words}
        data-testid="playback-scrubber"
        onChange={({ target }) => {
          setPlaying(false);
          show(reports[Number(target.value)] ?? null);
        }}
      />
      <button type="button" data-testid="playback-leave" onClick={() => show(null)}>
        <Icon of={X} />
        Back to the current masks
      </button>
      <output data-testid="playback-words">{words}</output>
    </div>
  );
}
