// SPDX-License-Identifier: MIT
import type { CliContext } from "../cli/context.ts";
import { cut } from "../text/harmless.ts";

export interface ScreenFlags {
  readonly watch?: true;
  readonly json?: true;
}

/** How looks are shown: in place on a terminal, one below the other when piped. */
export async function createScreen(
  { stdout }: CliContext,
  { watch, json }: ScreenFlags,
): Promise<(text: string) => Promise<void>> {
  const { terminal } = stdout;
  if (watch !== true || json === true) return stdout.write;
  if (terminal === undefined)
    return (text) => stdout.write(`${new Date().toISOString().slice(0, 19)}Z\n${text}\n`);
  const { createLogUpdate } = await import("log-update");
  const update = createLogUpdate(terminal, { showCursor: true });
  return async (text) =>
    update(
      fitScreen(
        `v1-sync-helper, ${new Date().toISOString().slice(11, 19)}Z, Ctrl+C stops\n\n${text}`,
        terminal,
      ),
    );
}

/** What does not fit is left out at the end and at the right, so that no line breaks. */
export function fitScreen(
  text: string,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): string {
  const lines = text.trimEnd().split("\n");
  const shown = lines.length < rows ? lines : [...lines.slice(0, Math.max(1, rows - 2)), "…"];
  return shown.map((line) => cut(line, columns)).join("\n");
}
