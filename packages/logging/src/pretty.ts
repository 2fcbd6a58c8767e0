// SPDX-License-Identifier: Apache-2.0
import { prettyFactory } from "pino-pretty";
import type { LogDestination } from "./create-logger.ts";
import { openSyncDestination } from "./sync-destination.ts";

export interface PrettyOptions {
  /** Where it goes; default standard output. */
  readonly descriptor?: 1 | 2;
  /** Whether a person reads it; default: whether that descriptor is a terminal. */
  readonly isTerminal?: boolean;
  /** Default: what Node finds out of the terminal and `NO_COLOR`. */
  readonly hasColors?: boolean;
}

/**
 * A destination for command-line programs: lines for people on a terminal, JSON lines anywhere else.
 *
 * Apart from the rest of the package, since pino-pretty costs some 40 ms to load: only a bundle that imports
 * `@repo/logging/pretty` carries it.
 */
export function openPrettyDestination(options: PrettyOptions = {}): LogDestination {
  const { descriptor = 1 } = options;
  const stream = descriptor === 1 ? process.stdout : process.stderr;
  const plain = openSyncDestination(descriptor);
  if (!(options.isTerminal ?? stream.isTTY)) return plain;
  const format = prettyFactory({
    colorize: options.hasColors ?? (stream.isTTY && stream.hasColors()),
    ignore: "service,version",
    translateTime: "SYS:HH:MM:ss.l",
    errorLikeObjectKeys: ["err", "error"],
  });
  return {
    write: (line) => {
      plain.write(format(line));
    },
  };
}
