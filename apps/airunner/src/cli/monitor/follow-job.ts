// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { ClientError } from "../../client/client-error.ts";
import type { JobClients } from "../../client/create-clients.ts";
import { EventType, type JobEvent, type StreamJobEventsResponse } from "../../gen/job/v1/job_pb.ts";
import type { FeedItem } from "./feed.ts";
import { type CursorOptions, LogCursor } from "./log-cursor.ts";

export interface FollowOptions extends CursorOptions {
  readonly clients: JobClients;
  /** Milliseconds that a lost connection is tried to be got back. */
  readonly giveUpMs: number;
  readonly signal: AbortSignal;
  /** Told of each end or failure of a process, also where the filter leaves it out. */
  readonly onProcessEnd?: (event: JobEvent) => void;
  /** For tests: waits between tries. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const firstWaitMs = 250;
const longestWaitMs = 5_000;
/** A stream that lived this long was a working one: the time for getting it back starts anew. */
const workingMs = 10_000;
/** Failures inside the server in a row that are not worth more tries. */
const mostServerFailures = 5;
/** Milliseconds after a process's end in which a server of the Go program, which never ends a stream, may send more. */
const legacyDrainMs = 2_000;

/**
 * Follows a job's log to its end: history, then live, in one order. When the connection breaks it goes on right
 * behind the last event it gave, so that nothing is missing and nothing comes twice.
 *
 * @throws {ClientError} what cannot be helped, and what could not within `giveUpMs`; the signal's reason
 */
export async function* followJob(options: FollowOptions): AsyncGenerator<FeedItem> {
  const { clients, signal, wait = defaultWait } = options;
  const cursor = new LogCursor(options);
  const tries = new Tries(options.giveUpMs);
  let isLost = false;
  for (;;) {
    tries.begin();
    try {
      if (isLost) {
        await clients.connect(signal);
        isLost = false;
        yield { kind: "resumed", attempt: cursor.attempt, sequence: cursor.lastSequence + 1 };
      }
      for await (const { event, attempt } of streamOf(cursor, options)) {
        tries.progress();
        if (event === undefined) continue;
        if (endsProcess(event)) options.onProcessEnd?.(event);
        yield* cursor.take(event, attempt);
      }
      return;
    } catch (error) {
      signal.throwIfAborted();
      const failure = isTruncated(error) ? truncated(clients, error) : clients.explain(error);
      const waitMs = tries.nextWaitMs(failure);
      if (!isLost) yield { kind: "lost", message: failure.message };
      isLost = true;
      await wait(waitMs, signal);
    }
  }
}

async function defaultWait(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** Counts failures in a row and decides whether there is another try. */
class Tries {
  #count = 0;
  #beganAt = 0;
  #lostAt = 0;
  #hasProgress = false;
  readonly #giveUpMs: number;

  constructor(giveUpMs: number) {
    this.#giveUpMs = giveUpMs;
  }

  begin(): void {
    this.#beganAt = performance.now();
    this.#hasProgress = false;
  }

  progress(): void {
    this.#hasProgress = true;
  }

  /** @throws {ClientError} the failure itself, where another try is of no use */
  nextWaitMs(failure: ClientError): number {
    const now = performance.now();
    if (this.#hasProgress || now - this.#beganAt >= workingMs) this.#count = 0;
    if (this.#count === 0) this.#lostAt = now;
    this.#count += 1;
    if (!canHeal(failure, this.#count) || now - this.#lostAt > this.#giveUpMs) throw failure;
    const most = Math.min(longestWaitMs, firstWaitMs * 2 ** (this.#count - 1));
    return most / 2 + (Math.random() * most) / 2;
  }
}

function canHeal(failure: ClientError, count: number): boolean {
  return failure.isTransient || (failure.code === "server_failed" && count <= mostServerFailures);
}

/** Reads one stream; of a server of the Go program until it has been quiet for a while after the process's end. */
async function* streamOf(cursor: LogCursor, options: FollowOptions): AsyncGenerator<StreamJobEventsResponse> {
  const { clients, signal, isLegacy } = options;
  if (!isLegacy) {
    yield* clients.events.streamJobEvents(cursor.request(), { signal });
    return;
  }
  const quiet = new AbortController();
  const both = AbortSignal.any([signal, quiet.signal]);
  let timer: NodeJS.Timeout | undefined;
  let hasEnded = false;
  try {
    for await (const response of clients.events.streamJobEvents(cursor.request(), { signal: both })) {
      hasEnded ||= response.event !== undefined && endsProcess(response.event);
      clearTimeout(timer);
      yield response;
      if (hasEnded) timer = setTimeout(() => quiet.abort(), legacyDrainMs);
    }
  } catch (error) {
    // Behind the end nothing comes any more: such a server would keep a second stream open for nothing.
    if (!quiet.signal.aborted && !hasEnded) throw error;
  } finally {
    clearTimeout(timer);
  }
}

function endsProcess(event: JobEvent): boolean {
  return event.eventType === EventType.PROCESS_END || event.eventType === EventType.PROCESS_ERROR;
}

/** A stream that stops in the middle of a message is one whose server was ended, whatever code the library gives it. */
function isTruncated(error: unknown): boolean {
  return (
    Error.isError(error) &&
    /incomplete envelope|premature|missing EndStreamResponse|promised \d+ bytes/i.test(error.message)
  );
}

function truncated(clients: JobClients, cause: unknown): ClientError {
  const message = `${clients.server} ended the stream in the middle`;
  return new ClientError("unreachable", message, { cause, isTransient: true });
}
