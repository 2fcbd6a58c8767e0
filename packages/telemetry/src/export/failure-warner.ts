// SPDX-License-Identifier: Apache-2.0
import { createRedactor } from "@repo/logging";

/** The part of a logger that telemetry needs. */
export interface TelemetryLogger {
  warn(fields: object, message: string): void;
}

export interface FailureWarnerOptions {
  readonly logger?: TelemetryLogger | undefined;
  /** Taken out of every message: the values of headers, which services repeat in their answers. */
  readonly secrets: readonly string[];
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
}

const quietMs = 60_000;

/** Says that something failed, at most once a minute for each kind, with how often it failed meanwhile. */
export class FailureWarner {
  readonly #logger: TelemetryLogger | undefined;
  readonly #redact: (text: string) => string;
  readonly #now: () => number;
  readonly #kinds = new Map<string, { saidAtMs: number; unsaid: number }>();

  constructor({ logger, secrets, now }: FailureWarnerOptions) {
    this.#logger = logger;
    this.#redact = createRedactor(secrets);
    this.#now = now;
  }

  /** @param kind one sentence without its full stop: what could not be done */
  warn(kind: string, error: unknown): void {
    const now = this.#now();
    const last = this.#kinds.get(kind);
    if (last !== undefined && now - last.saidAtMs < quietMs) {
      last.unsaid += 1;
      return;
    }
    const failures = (last?.unsaid ?? 0) + 1;
    this.#kinds.set(kind, { saidAtMs: now, unsaid: 0 });
    this.#logger?.warn({ failures, reason: this.#redact(reasonOf(error)) }, this.#redact(`${kind}.`));
  }
}

function reasonOf(error: unknown): string {
  if (!Error.isError(error)) return String(error);
  const code = "code" in error ? error.code : undefined;
  const suffix = typeof code === "string" || typeof code === "number" ? ` (${code})` : "";
  const text = error.message === "" ? error.name : error.message;
  return `${text.slice(0, 500)}${suffix}`;
}
