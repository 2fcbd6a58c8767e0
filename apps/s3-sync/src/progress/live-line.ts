// SPDX-License-Identifier: Apache-2.0
import { createLogUpdate } from "log-update";
import { formatBytes, formatSeconds } from "./bytes.ts";
import type { ProgressFigures } from "./progress.ts";

/** Milliseconds between two drawings: five a second. */
const REDRAW_MS = 200;

const passWords: Readonly<Record<string, string>> = {
  plan: "Planning",
  copy: "Copying",
  copy_large: "Comparing large objects",
  delete: "Deleting",
  sync: "Synchronising",
  verify: "Verifying",
};

function describeObjects(figures: ProgressFigures): string {
  const { objects_checked: checked, objects_to_copy: toCopy } = figures;
  if (figures.pass === "plan")
    return `${toCopy} to copy, ${figures.objects_to_delete} to delete, ${checked} checked`;
  return `${figures.objects_copied} of ${toCopy} copied, ${figures.objects_deleted} deleted, ${checked} checked`;
}

/** `Copying 41% · 1.2 GiB of 3 GiB · 80 MiB/s · 3m05s left · 120 of 300 copied, 0 deleted, 4000 checked`. */
export function describeFigures(figures: ProgressFigures): string {
  const { percent, eta_seconds: eta } = figures;
  const parts = [
    `${passWords[figures.pass] ?? figures.pass}${percent === null ? "" : ` ${percent}%`}`,
    ...(figures.total_bytes > 0
      ? [`${formatBytes(figures.bytes)} of ${formatBytes(figures.total_bytes)}`]
      : []),
    ...(figures.speed_bytes_per_second > 0 ? [`${formatBytes(figures.speed_bytes_per_second)}/s`] : []),
    ...(eta === null ? [] : [`${formatSeconds(eta)} left`]),
    describeObjects(figures),
    ...(figures.errors > 0 ? [`${figures.errors} errors`] : []),
  ];
  return parts.join(" · ");
}

export interface LiveLine extends Disposable {
  show(figures: ProgressFigures): void;
  /** Takes the line away, so that something else can be printed in its place; the next figures draw it again. */
  clear(): void;
}

/** One line of progress, redrawn in place; for terminals only. Gone once disposed. */
export function createLiveLine(
  stream: NodeJS.WritableStream & { readonly columns?: number },
  now: () => number = () => performance.now(),
): LiveLine {
  const draw = createLogUpdate(stream, { showCursor: true });
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    show(figures) {
      if (now() - drawnAt < REDRAW_MS) return;
      drawnAt = now();
      // Cut rather than wrapped: a wrapped line cannot be redrawn cleanly when the window changes.
      draw(describeFigures(figures).slice(0, Math.max(20, (stream.columns ?? 80) - 1)));
    },
    clear: () => draw.clear(),
    [Symbol.dispose]() {
      draw.clear();
      draw.done();
    },
  };
}
