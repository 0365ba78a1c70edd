// The footer: keyboard shortcuts, the check of the GPU, and the method's paper.
import { SHORTCUTS } from "../../shortcuts.ts";
import { SelfCheckPanel } from "./SelfCheckPanel.tsx";

export function Footer() {
  return (
    <footer className="footer">
      <p>
        {SHORTCUTS.map(({ label, does }) => (
          <span key={label}>
            <kbd>{label}</kbd> {does}{" "}
          </span>
        ))}
      </p>
      <SelfCheckPanel />
      <p>DISP-LLM (Gao et al., NeurIPS 2024) on WebGPU. Everything runs on this machine; nothing leaves it.</p>
    </footer>
  );
}
