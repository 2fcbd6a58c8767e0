// SPDX-License-Identifier: Apache-2.0
import type { ClientErrorCode } from "../client/client-error.ts";

/** Exit codes that are not a job's own. Those above 63 that are not 80 are of sysexits.h. */
export const exitCodes = {
  success: 0,
  failed: 1,
  badData: 65,
  notFound: 66,
  unreachable: 69,
  serverFailed: 70,
  overloaded: 75,
  protocol: 76,
  forbidden: 77,
  config: 78,
  usage: 80,
  timedOut: 124,
  cancelled: 130,
  brokenPipe: 141,
} as const;

const ofClientErrors: Readonly<Record<ClientErrorCode, number>> = {
  bad_setting: exitCodes.config,
  unreachable: exitCodes.unreachable,
  untrusted_certificate: exitCodes.unreachable,
  wrong_protocol: exitCodes.protocol,
  unauthenticated: exitCodes.forbidden,
  forbidden: exitCodes.forbidden,
  not_found: exitCodes.notFound,
  invalid_request: exitCodes.badData,
  conflict: exitCodes.badData,
  wrong_state: exitCodes.failed,
  overloaded: exitCodes.overloaded,
  timeout: exitCodes.unreachable,
  cancelled: exitCodes.cancelled,
  unsupported: exitCodes.protocol,
  server_failed: exitCodes.serverFailed,
};

export function exitCodeOfClientError(code: ClientErrorCode): number {
  return ofClientErrors[code];
}

/** For `--help` and the README; the first column is the exit code. */
export const exitCodeTable: readonly (readonly [string, string])[] = [
  ["0", "the job succeeded, or with --exit-zero: it ended; other commands: done"],
  [
    "1 to 255",
    "the exit code of the job's process, also where it is one of those below; 1 also: the job failed without one, or the command was refused in this state",
  ],
  ["65", "the server refuses what was sent: bad id, bad parameters, request id used before"],
  ["66", "there is no such job"],
  ["69", "the server cannot be reached, its certificate is not trusted, or it does not answer in time"],
  ["70", "something failed inside the server"],
  ["75", "the server refuses more at the moment; try again later"],
  ["76", "the other end is no airunner server, or one that is too old for this call"],
  ["77", "no token, a bad or expired one, or one whose scopes do not allow this"],
  ["78", "a setting, a file or a certificate given here cannot be used"],
  ["80", "the command line is wrong"],
  ["124", "the job ran out of its own time limit; with --timeout: the command did"],
  ["128 + n", "signal n ended the job's process, as 137 for SIGKILL"],
  [
    "130",
    "the job was cancelled, or this command was interrupted by Ctrl-C (143 by SIGTERM); --watch, which ends in no other way, then exits with 0",
  ],
  ["141", "whoever read the output stopped reading"],
];

export function exitCodeHelp(): string {
  const width = Math.max(...exitCodeTable.map(([code]) => code.length));
  const rows = exitCodeTable.map(([code, meaning]) => `  ${code.padEnd(width)}  ${meaning}`);
  return ["", "Exit codes:", ...rows].join("\n");
}
