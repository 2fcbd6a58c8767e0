// SPDX-License-Identifier: Apache-2.0

/**
 * A second process that outlives this one by moments: should this one be killed, it kills the processes of all
 * jobs that run at that time. Should the guard be killed, another takes its place.
 */
export interface Guard extends AsyncDisposable {
  /** Of the guard that runs now; `undefined` while another is being started. */
  readonly pid: number | undefined;
  /** Resolves once the guard knows that processes with this marker are to be killed; call it before the start. */
  watch(marker: string): Promise<void>;
  /** Tells the guard the process group, for members that hide their environment. */
  setLeader(marker: string, pid: number): void;
  /** Call once nothing with this marker is left. */
  forget(marker: string): void;
}
