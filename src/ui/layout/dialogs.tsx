// The dialogs that load later than the page.
import { KeySheet } from "../panels/page/KeySheet.tsx";
import { Palette } from "../panels/page/Palette.tsx";
import { StorageDialog } from "../panels/storage/StorageDialog.tsx";
import { ResetDialog } from "../panels/run/ResetDialog.tsx";
import { ReportDialog } from "../report/ReportDialog.tsx";
import { Glossary } from "../terms/Glossary.tsx";

export function Dialogs() {
  return (
    <>
      <Palette />
      <KeySheet />
      <Glossary />
      <ReportDialog />
      <StorageDialog />
      <ResetDialog />
    </>
  );
}
