// SPDX-License-Identifier: MIT
import type { CliContext } from "../cli/context.ts";

/** A line on the terminal that is written over; nothing where standard error is no terminal. */
export function createProgress({ stderr }: CliContext): {
  readonly show: (text: string) => void;
  readonly clear: () => void;
} {
  const { terminal } = stderr;
  let isShown = false;
  return {
    show: (text) => {
      isShown = true;
      terminal?.write(`\r\u001b[2K${text}`);
    },
    clear: () => {
      if (isShown) terminal?.write("\r\u001b[2K");
    },
  };
}
