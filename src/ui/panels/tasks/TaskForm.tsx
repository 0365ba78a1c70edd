// The choice of tasks: two that are made from the evaluation text, a file of JSON lines, and how many items of each are scored.
import { useRef } from "react";
import { FileUp, ListChecks, X } from "lucide";
import { EngineError, MIN_TEXT_TASK_ITEMS, TEXT_TASKS, type TextTask } from "../../../engine/index.ts";
import { whole } from "../../../shared/format.ts";
import { canScoreTasks } from "../../../state/allowed.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { NumberField } from "../../parts/NumberField.tsx";
import { readTextFile } from "../../parts/readTextFile.ts";
import { Icon } from "../../parts/Icon.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";

const TITLES: Readonly<Record<TextTask, string>> = {
  "next-sentence": "Next sentence, of four",
  "last-word": "Last word of a passage",
};
const ITEMS = { min: MIN_TEXT_TASK_ITEMS, max: 100_000 };

function MadeTasks({ disabled }: { disabled: boolean }) {
  const chosen = useStudio((state) => state.madeTasks);
  const { toggleTask } = useActions();
  return (
    <fieldset className="tasks-made" disabled={disabled}>
      <legend>From the evaluation text</legend>
      {TEXT_TASKS.map((task) => (
        <label key={task}>
          <input
            type="checkbox"
            data-testid={`task-${task}`}
            checked={chosen.includes(task)}
            onChange={() => toggleTask(task)}
          />{" "}
          {TITLES[task]}
        </label>
      ))}
    </fieldset>
  );
}

function FileChoice({ disabled }: { disabled: boolean }) {
  const chosen = useStudio((state) => state.taskFile);
  const error = useStudio((state) => state.taskFileError);
  const { chooseTaskFile, dropTaskFile, notify } = useActions();
  const field = useRef<HTMLInputElement>(null);
  const take = (file: File): void => {
    readTextFile(file).then(
      (text) => chooseTaskFile(file.name, text),
      (thrown: unknown) => notify(EngineError.from(thrown), "measuring"),
    );
  };
  return (
    <div className="field">
      <p className="actions">
        <button type="button" disabled={disabled} onClick={() => field.current?.click()}>
          <Icon of={FileUp} />
          Task file…
        </button>
        {chosen ? (
          <button
            type="button"
            className="link"
            data-testid="task-file-drop"
            disabled={disabled}
            onClick={dropTaskFile}
          >
            <Icon of={X} />
            Without it
          </button>
        ) : null}
      </p>
      <input
        ref={field}
        type="file"
        accept=".jsonl,.json"
        hidden
        aria-label="Task file: JSON lines"
        data-testid="task-file"
        onChange={({ target }) => {
          const file = target.files?.[0];
          if (file) take(file);
          target.value = "";
        }}
      />
      <span className="field-hint" data-testid="task-file-facts">
        {chosen
          ? `${chosen.file.name}: ${whole(chosen.task.items.length)} items`
          : "JSON lines of lm-evaluation-harness: query, choices and gold, or good and bad"}
      </span>
      {error ? <ErrorNote error={error} context="measuring" testId="task-file-error" /> : null}
    </div>
  );
}

export function TaskForm() {
  const items = useStudio((state) => state.taskItems);
  const able = useStudio(canScoreTasks);
  const measuring = useStudio((state) => state.scores.phase === "measuring");
  const { setTaskItems, scoreTasks } = useActions();
  return (
    <>
      <MadeTasks disabled={measuring} />
      <FileChoice disabled={measuring} />
      <NumberField
        label="Items per task"
        hint="Of a file: the first ones"
        testId="task-items"
        value={items}
        {...ITEMS}
        whole
        disabled={measuring}
        onValue={setTaskItems}
      />
      {measuring ? null : (
        <p className="actions">
          <button type="button" data-testid="scores-start" disabled={!able} onClick={() => void scoreTasks()}>
            <Icon of={ListChecks} />
            Score
          </button>
        </p>
      )}
    </>
  );
}
