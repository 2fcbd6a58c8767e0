// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "pino";

/** The levels our programs use, least urgent first. */
export const logLevels = ["debug", "info", "warn", "error"] as const;

export type LogLevel = (typeof logLevels)[number];

export function isLogLevel(text: string): text is LogLevel {
  return logLevels.some((level) => level === text);
}

/**
 * Lets an operator see more without a restart: each signal switches `logger`, and every child that was made
 * without a level of its own, to debug and back to the level it had.
 *
 * Dispose it to stop listening; the level stays as it is then.
 */
export function enableLevelSignal(logger: Logger, signal: "SIGUSR2" = "SIGUSR2"): Disposable {
  let quietLevel: string | undefined;
  const toggle = (): void => {
    const previous = logger.level;
    if (quietLevel === undefined) {
      quietLevel = previous;
      logger.level = "debug";
    } else {
      logger.level = quietLevel;
      quietLevel = undefined;
    }
    // Said at a level that shows either way: whoever sent the signal looks for an answer.
    logger.warn({ signal, previous_level: previous, current_level: logger.level }, "log level changed");
  };
  process.on(signal, toggle);
  return {
    [Symbol.dispose]: () => {
      process.off(signal, toggle);
    },
  };
}
