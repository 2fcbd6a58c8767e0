// SPDX-License-Identifier: Apache-2.0
import { type Clock, waitMs } from "@repo/http-retry";
import { type CallContext, callWaitMs } from "./call-retry.ts";
import type { CancelFlag, ClaimedJob, JobServer } from "./job-server.ts";
import { classifyServerFailure } from "./server-failure.ts";

export interface LeaseKeeperOptions {
  readonly server: Pick<JobServer, "extend">;
  readonly claim: Pick<ClaimedJob, "queue" | "taskToken">;
  /** What is asked for each time. */
  readonly leaseSeconds: number;
  /** By `clock.now()`: the claim was made no earlier, as when the call that brought it began. */
  readonly claimedAt: number;
  readonly context: CallContext;
  readonly onAnswer: (flag: CancelFlag) => void;
  /** Told that the lease is ours until `until` at least, by `clock.now()`: nothing may be begun before the first call. */
  readonly onHeld?: (until: number) => void;
}

/** Share of the lease after which it is extended: two failures in a row can still be made good. */
const extendAfter = 1 / 3;
/** Share of the lease within which a failed call is repeated: a server that comes back late is still met in time. */
const tryAgainWithin = 1 / 15;
const longestMarginMs = 5000;

/** How long before its end a lease is given up. */
export function leaseMarginMs(leaseSeconds: number): number {
  return Math.min(longestMarginMs, leaseSeconds * 200);
}

/**
 * Keeps a lease until `signal` aborts. Judged by the local clock that never jumps, counted from before each call:
 * the server counts from later, so the lease never ends there before it ends here. A claim that was waited for may
 * have been on its way for as long as its lease, so such a lease is extended before anything else. It is given up a fifth (at most
 * 5 s) before its end, so that the process can be gone when another worker starts.
 *
 * @returns why the lease is lost; `undefined` once `signal` aborts
 */
export async function keepLease(
  options: LeaseKeeperOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { server, claim, leaseSeconds, claimedAt, context, onAnswer, onHeld } = options;
  const { clock, random, onRetry } = context;
  const leaseMs = leaseSeconds * 1000;
  const marginMs = leaseMarginMs(leaseSeconds);
  const startedAt = clock.now();
  const isFresh = startedAt - claimedAt < leaseMs * extendAfter;
  let heldUntil = (isFresh ? claimedAt : startedAt) + leaseMs - marginMs;
  let waitBefore = isFresh ? claimedAt + leaseMs * extendAfter - startedAt : 0;
  if (isFresh) onHeld?.(claimedAt + leaseMs);
  for (let failures = 0; ; ) {
    if (!(await waited(waitBefore, signal, clock))) return undefined;
    const askedAt = clock.now();
    if (askedAt >= heldUntil) return "its lease ran out before the server could be reached";
    const limit = new AbortController();
    const timer = clock.setTimeout(() => limit.abort(new Error("The lease ends.")), heldUntil - askedAt);
    const stop = () => limit.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      onAnswer(await server.extend(claim, leaseSeconds, limit.signal));
      heldUntil = askedAt + leaseMs - marginMs;
      onHeld?.(askedAt + leaseMs);
      failures = 0;
      waitBefore = leaseMs * extendAfter;
    } catch (error) {
      if (signal.aborted) return undefined;
      const failure = classifyServerFailure(error);
      if (failure === "lost") return "the server has given it up or handed it to another worker";
      failures += 1;
      if (failures % 10 === 1) onRetry(failure, error, failures);
      const longest = Math.min(leaseMs * tryAgainWithin, Math.max(0, heldUntil - clock.now()));
      waitBefore = Math.min(callWaitMs(failure, failures, random), longest);
    } finally {
      clock.clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  }
}

/** @returns false once `signal` aborts */
async function waited(ms: number, signal: AbortSignal, clock: Clock): Promise<boolean> {
  try {
    await waitMs(ms, signal, clock);
    return true;
  } catch {
    return false;
  }
}
