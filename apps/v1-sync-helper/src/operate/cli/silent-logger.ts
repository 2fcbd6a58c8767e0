// SPDX-License-Identifier: MIT
import { createLogger, type Logger } from "@repo/logging";
import manifest from "../../../package.json" with { type: "json" };
import { programName } from "./program-name.ts";

/** For parts that log: a command says what went wrong in its own words. */
export function silentLogger(): Logger {
  return createLogger({
    name: programName,
    version: manifest.version,
    destination: { write: () => undefined },
  });
}
