// SPDX-License-Identifier: MIT
import type { BenchReport } from "@repo/bench";
import { publishDocument } from "@repo/tools/bench-document";

const names = ["throughput", "latency", "scaling", "memory"] as const;

/** Prints and stores a report, and brings the tables of docs/bench/README.md up to date with it. */
export async function publish(report: BenchReport): Promise<void> {
  await publishDocument(report, { member: "v1-sync-helper", names });
}
