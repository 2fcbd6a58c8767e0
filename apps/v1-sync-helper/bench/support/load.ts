// SPDX-License-Identifier: MIT
import { availableParallelism, loadavg } from "node:os";

/** How busy the machine is, told by a note where others worked beside the benchmark; taken before it starts. */
export function loadNote(): readonly string[] {
  const cores = availableParallelism();
  const waiting = loadavg()[0] ?? 0;
  if (waiting < cores / 2) return [];
  return [
    `The machine was busy with other work (load ${waiting.toFixed(1)} on ${cores} cores at the start): compare within this run only, and trust processor time more than rates.`,
  ];
}
