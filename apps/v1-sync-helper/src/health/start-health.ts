// SPDX-License-Identifier: MIT
import { type HealthServer, startHealthServer } from "@repo/health";
import type { HealthAddress } from "../settings/settings.ts";
import { type Conditions, conditionNames } from "./conditions.ts";

/** Without a turn of the engine's loop for this long, only a restart helps. */
const loopStallMs = 60_000;

export interface HealthOptions {
  readonly address: HealthAddress;
  readonly conditions: Conditions;
  /** Milliseconds since the engine's loop turned last; `undefined` while it has not begun or is over. */
  readonly sinceLastTurnMs: () => number | undefined;
  readonly prometheusText: () => Promise<string>;
}

/**
 * Opens `/livez`, `/readyz` and `/metrics`. Where nothing is wrong the body is `OK` and a line feed, as it always was.
 *
 * @throws {HealthServerError} when the address is taken
 */
export function startHealth(options: HealthOptions): Promise<HealthServer> {
  const { address, conditions, sinceLastTurnMs, prometheusText } = options;
  return startHealthServer({
    ...address,
    okBody: "OK\n",
    checks: conditionNames.map((name) => ({ name, check: () => conditions.reasonOf(name) })),
    liveChecks: [{ name: "engine", check: () => stallReason(sinceLastTurnMs()) }],
    metrics: prometheusText,
  });
}

function stallReason(sinceMs: number | undefined): string | undefined {
  if (sinceMs === undefined || sinceMs < loopStallMs) return undefined;
  return `its loop has not turned for ${Math.round(sinceMs / 1000)} s`;
}
