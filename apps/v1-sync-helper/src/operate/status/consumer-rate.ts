// SPDX-License-Identifier: MIT

/** The shared consumer at one moment. */
export interface ConsumerSample {
  /** Monotonic milliseconds. */
  readonly atMs: number;
  /** Not delivered yet. */
  readonly pending: number;
  /** Delivered and not acknowledged. */
  readonly ackPending: number;
  readonly redelivered: number;
  /** Newest sequence of the stream. */
  readonly lastSequence: number;
}

export interface ConsumerRate {
  /** Messages acknowledged a second. */
  readonly perSecond: number;
  /** Milliseconds until nothing is pending at this rate; `undefined` where it does not go down. */
  readonly etaMs: number | undefined;
}

/** What was acknowledged between two samples is what came in, less what the queue grew by. */
export function consumerRate(before: ConsumerSample, now: ConsumerSample): ConsumerRate {
  const seconds = (now.atMs - before.atMs) / 1000;
  if (!(seconds > 0)) return { perSecond: 0, etaMs: undefined };
  const came = Math.max(0, now.lastSequence - before.lastSequence);
  const grew = left(now) - left(before);
  const perSecond = Math.max(0, came - grew) / seconds;
  // By how much the queue itself goes down: what still comes counts against it.
  const sinking = -grew / seconds;
  if (left(now) === 0) return { perSecond, etaMs: 0 };
  return { perSecond, etaMs: sinking > 0 ? (left(now) / sinking) * 1000 : undefined };
}

function left({ pending, ackPending }: ConsumerSample): number {
  return pending + ackPending;
}
