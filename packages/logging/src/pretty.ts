// SPDX-License-Identifier: Apache-2.0
import { isatty, WriteStream } from "node:tty";
import { prettyFactory } from "pino-pretty";
import type { LogDestination } from "./create-logger.ts";
import { openSyncDestination } from "./sync-destination.ts";

export interface PrettyOptions {
  /** A file descriptor; default 1, standard output. */
  readonly descriptor?: number;
  /** Whether a person reads it; default: whether that descriptor is a terminal. */
  readonly isTerminal?: boolean;
  /** Default: what Node finds out from the environment (`TERM`, `COLORTERM`, `NO_COLOR`, …). */
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
  const plain = openSyncDestination(descriptor);
  if (!(options.isTerminal ?? isatty(descriptor))) return plain;
  const format = prettyFactory({
    colorize: options.hasColors ?? WriteStream.prototype.hasColors(),
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
