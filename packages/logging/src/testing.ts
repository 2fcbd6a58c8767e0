// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "pino";
import { createLogger, type LoggerOptions } from "./create-logger.ts";

export interface CapturedLogs {
  readonly logger: Logger;
  /** Every line so far, parsed. */
  readonly records: Record<string, unknown>[];
  /** Every line so far, as it would stand on standard output. */
  readonly text: string;
}

/** A logger for tests that keeps its lines in memory; all levels unless told otherwise. */
export function captureLogs(options: Partial<LoggerOptions> = {}): CapturedLogs {
  const lines: string[] = [];
  const logger = createLogger({
    name: "test",
    version: "0.0.0",
    level: "debug",
    ...options,
    destination: {
      write(line) {
        lines.push(line);
        options.destination?.write(line);
      },
    },
  });
  return {
    logger,
    get records() {
      return lines.map(parseRecord);
    },
    get text() {
      return lines.join("");
    },
  };
}

function parseRecord(line: string): Record<string, unknown> {
  const record: unknown = JSON.parse(line);
  if (typeof record !== "object" || record === null) throw new TypeError(`Not a log record: ${line}`);
  return Object.fromEntries(Object.entries(record));
}
