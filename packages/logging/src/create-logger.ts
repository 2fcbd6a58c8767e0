// SPDX-License-Identifier: Apache-2.0
import { type Logger, pino } from "pino";
import { serializeError } from "./error-fields.ts";
import type { LogLevel } from "./levels.ts";
import { createLineRedactor } from "./redaction/line-redactor.ts";
import { openSyncDestination } from "./sync-destination.ts";

/** Takes whole lines, each ending with a line feed, already free of secrets. */
export interface LogDestination {
  write(line: string): void;
}

export interface LoggerOptions {
  /** Field `service` of every line. */
  readonly name: string;
  /** Field `version` of every line. */
  readonly version: string;
  /** Least urgent level that is written; default `info`. */
  readonly level?: LogLevel;
  /** Values that must appear nowhere in any line, in no usual encoding; see {@link createRedactor}. */
  readonly secrets?: readonly string[];
  /** The app's own fields of every line (`run_id`, …). */
  readonly fields?: Readonly<Record<string, unknown>>;
  /**
   * Asked at each line that is written, for fields that depend on the moment (trace and span id). Must be quick
   * and must not log. The line's own fields win.
   */
  readonly context?: () => Readonly<Record<string, unknown>> | undefined;
  /** Default: standard output, synchronous ({@link openSyncDestination}). */
  readonly destination?: LogDestination;
}

/**
 * Creates the one logger of a process; make it in `bin/` and pass it down.
 *
 * A line: `{"level":"info","time":"2026-11-21T10:00:00.000Z","service":"s3-sync","version":"1.0.0","bucket":"b","msg":"done"}`.
 * An error under `err` (or `error`) is written with its fields and causes. Values under keys that name a secret
 * (`authorization`, `password`, `accessToken`, `DEST_SECRET_KEY`, …) are hidden at any depth.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { context } = options;
  return pino(
    {
      level: options.level ?? "info",
      base: { service: options.name, version: options.version, ...options.fields },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError, error: serializeError },
      // A fresh object each time, because pino merges the line's fields into what it gets.
      ...(context !== undefined && { mixin: () => ({ ...context() }) }),
    },
    redacting(options.destination ?? openSyncDestination(), options.secrets ?? []),
  );
}

function redacting(destination: LogDestination, secrets: readonly string[]): LogDestination {
  const redact = createLineRedactor(secrets);
  return {
    write: (line) => {
      destination.write(redact(line));
    },
  };
}
