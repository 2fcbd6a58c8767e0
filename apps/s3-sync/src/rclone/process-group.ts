// SPDX-License-Identifier: Apache-2.0

export interface ProcessGroup extends Disposable {
  /** Whether it was asked to end. */
  readonly isStopped: boolean;
}

/**
 * Ends a process group with its owner: by a TERM when `signal` is aborted and a KILL `graceMs` later, by a KILL when it
 * is disposed or this process exits, however suddenly. Only a KILL of this process itself leaves it alive.
 *
 * @param leader id of a process that was started `detached`; `undefined` when it could not be started
 */
export function createProcessGroup(
  leader: number | undefined,
  signal: AbortSignal,
  graceMs: number,
): ProcessGroup {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const send = (name: NodeJS.Signals): void => {
    if (leader !== undefined) sendQuietly(leader, name);
  };
  const kill = (): void => send("SIGKILL");
  const stop = (): void => {
    isStopped = true;
    send("SIGTERM");
    timer = setTimeout(kill, graceMs);
  };
  process.once("exit", kill);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  return {
    get isStopped() {
      return isStopped;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      process.off("exit", kill);
      // Whoever outlives the leader: the number stays taken while the group has a member.
      kill();
    },
  };
}

function sendQuietly(leader: number, name: NodeJS.Signals): void {
  try {
    process.kill(-leader, name);
  } catch {
    // Nobody is left.
  }
}
