// SPDX-License-Identifier: Apache-2.0
import type { Clock } from "@repo/http-retry";
import type { JobServer } from "./job-server.ts";
import type { Guard } from "./process/guard.ts";
import type { SpoolFolder } from "./spool/spool-folder.ts";

/** Where a worker says what it does: fields first, then a sentence. A pino logger is one. */
export interface WorkerLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What every job of a worker shares. */
export interface WorkerServices {
  readonly server: JobServer;
  readonly folder: SpoolFolder;
  readonly log: WorkerLog;
  readonly clock: Clock;
  readonly random: () => number;
  /** Kills the processes of jobs should the worker be killed. */
  readonly guard: Guard | undefined;
  readonly settings: JobSettings;
}

/** How jobs are run. */
export interface JobSettings {
  readonly leaseSeconds: number;
  /**
   * Absolute path of an existing directory. Each attempt runs in a folder of its own in it, a checkout or an empty one,
   * which is deleted afterwards; a job without a checkout that names a working directory runs there instead, and a
   * relative one begins here, so that "." is the workspace itself.
   */
  readonly workspace: string;
  /** The worker's environment; see `createJobEnvironment` for what of it a job sees. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Variables of the worker that jobs see too. */
  readonly envAllow: readonly string[];
  /** Milliseconds between TERM and KILL. */
  readonly killGraceMs: number;
  /** Milliseconds after its end during which what a process started may still write. */
  readonly outputGraceMs: number;
  /** Take repositories of this machine (`file://` and paths): for tests and development. */
  readonly allowFileRepositories: boolean;
}
