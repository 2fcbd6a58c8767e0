// SPDX-License-Identifier: Apache-2.0
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { z } from "zod";
import { ProcessError } from "./process.ts";

const columns = 80;
const rows = 24;

/**
 * Nobody types: a program that asks gets the end of its input, an end for each read, where it would wait for ever. The
 * terminal holds 4,095 bytes; it echoes none of these.
 */
const endsOfInput = Buffer.alloc(4000, "\u0004");

/** What we use of node-pty's native part: openpty(3). Its `fork` does what `start-process.ts` says we cannot use. */
interface NativePty {
  open(columns: number, rows: number): unknown;
}

const OpenedPty = z.object({ master: z.int(), slave: z.int(), pty: z.string().startsWith("/") });

export interface Terminal {
  /** Non-blocking. The receiver closes it and then calls `releaseMaster`. */
  readonly master: number;
  /** For the process; also keeps the terminal from hanging up while it is open here. */
  readonly slave: number;
}

/** Masters that are open now: openpty(3) cannot mark them close-on-exec, and Node cannot afterwards. */
const openMasters = new Set<number>();

function isNativePty(value: unknown): value is NativePty {
  return typeof value === "object" && value !== null && "open" in value && typeof value.open === "function";
}

let native: NativePty | undefined;

/** From the package, or beside the bundle, where the build puts it. */
function loadNative(): NativePty {
  if (native !== undefined) return native;
  const platform = `${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  const path = import.meta.filename.endsWith(".ts")
    ? `@lydell/node-pty-${platform}/pty.node`
    : `./pty-${platform}.node`;
  try {
    const loaded: unknown = require(path);
    if (!isNativePty(loaded)) throw new TypeError(`${path} has no open()`);
    native = loaded;
    return loaded;
  } catch (cause) {
    throw new ProcessError(
      "start_failed",
      `Terminals do not work here: the file ${path} for ${platform} could not be loaded. Submit the job with process type PIPE, or install airunner for this platform.`,
      { cause },
    );
  }
}

/** Opens a terminal of 80 x 24, whose input is at its end. */
export function openTerminal(): Terminal {
  const opened = OpenedPty.parse(loadNative().open(columns, rows));
  // The slave that comes along is non-blocking, which its programs would inherit, and not close-on-exec.
  closeSync(opened.slave);
  openMasters.add(opened.master);
  try {
    const slave = openSync(opened.pty, constants.O_RDWR | constants.O_NOCTTY);
    writeSync(opened.master, endsOfInput);
    return { master: opened.master, slave };
  } catch (error) {
    releaseMaster(opened.master);
    closeSync(opened.master);
    throw error;
  }
}

/** Call it when the master is closed. */
export function releaseMaster(master: number): void {
  openMasters.delete(master);
}

type Stdio = ("ignore" | "pipe" | number)[];

/**
 * Starts a child with `stdio` as its first files, and /dev/null in the place of each terminal's master that it would
 * inherit: through one of those it would read another job's output and type into its terminal.
 */
export function withoutMasters<T>(
  stdio: readonly ("ignore" | "pipe" | number)[],
  start: (stdio: Stdio) => T,
): T {
  if (openMasters.size === 0) return start([...stdio]);
  const nothing = openSync("/dev/null", constants.O_RDWR);
  try {
    // "ignore" leaves a number above 2 as it is.
    const all: Stdio = Array.from({ length: Math.max(...openMasters) + 1 }, () => "ignore");
    for (const master of openMasters) all[master] = nothing;
    for (const [number, file] of stdio.entries()) all[number] = file;
    return start(all);
  } finally {
    closeSync(nothing);
  }
}
