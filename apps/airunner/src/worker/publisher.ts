// SPDX-License-Identifier: Apache-2.0
import { type CallContext, untilAnswered } from "./call-retry.ts";
import type { Appended, CancelFlag, JobServer } from "./job-server.ts";
import type { SpooledEvent, SpoolFile, SpoolPage } from "./spool/spool-file.ts";

export interface PublisherOptions {
  readonly server: Pick<JobServer, "append">;
  readonly taskToken: string;
  readonly spool: SpoolFile;
  readonly context: CallContext;
  /** Told what each answer says of cancelling. */
  readonly onAnswer: (flag: CancelFlag) => void;
}

/** A server takes 4 MiB, and a lost answer should not cost much to repeat. */
const largestCallBytes = 1024 * 1024;
const smallestCallBytes = 16 * 1024;

/** Carries the events of one attempt from its spool to the server: in order, one call at a time, each until it is answered. */
export class Publisher {
  readonly #options: PublisherOptions;
  #acknowledged = 0;
  #isCalling = false;
  #hasEvents = false;
  #answeredAt: number;
  #callBytes = largestCallBytes;
  #progress = Promise.withResolvers<void>();

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#answeredAt = options.context.clock.now();
  }

  /** Whether events are on their way to the server right now; not while it is away and a repeat is waited for. */
  get isBusy(): boolean {
    return this.#isCalling;
  }

  /** Milliseconds since the server last answered; 0 while there are events for it. */
  get quietMs(): number {
    return this.#hasEvents ? 0 : this.#options.context.clock.now() - this.#answeredAt;
  }

  /** The last sequence that is in the server's log; 0 while none is. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Resolves once everything up to `sequence` is in the server's log, if `run` comes that far. */
  async reached(sequence: number): Promise<void> {
    while (this.#acknowledged < sequence) await this.#progress.promise;
  }

  /**
   * Publishes what is in the spool and what comes into it. Never resolves.
   *
   * @throws {CallEnded}; the reason of `signal` once it aborts; an error once the spool is closed
   */
  async run(signal: AbortSignal): Promise<never> {
    const { spool } = this.#options;
    for (let position = spool.start; ; ) {
      signal.throwIfAborted();
      const page = await spool.read(position, this.#callBytes);
      if (page.next === position) await spool.waitForMore(position, signal);
      else if (page.events.length === 0) position = page.next;
      else position = await this.#publish(position, page, signal);
    }
  }

  /** @returns where the next page begins */
  async #publish(position: number, whole: SpoolPage, signal: AbortSignal): Promise<number> {
    const { server, taskToken, spool, context, onAnswer } = this.#options;
    let page = whole;
    const append = async (attempt: number): Promise<Appended> => {
      if (attempt > 1) {
        // A line that breaks again and again takes small calls where it would never take a large one.
        this.#callBytes = Math.max(smallestCallBytes, this.#callBytes / 4);
        page = await spool.read(position, this.#callBytes);
      }
      this.#isCalling = true;
      try {
        return await appendOnce(server, taskToken, page.events, signal);
      } finally {
        this.#isCalling = false;
      }
    };
    this.#hasEvents = true;
    const answer = await untilAnswered(append, context, signal);
    this.#hasEvents = false;
    this.#answeredAt = context.clock.now();
    this.#callBytes = Math.min(largestCallBytes, this.#callBytes * 2);
    this.#acknowledged = answer.lastSequence;
    onAnswer(answer);
    await spool.acknowledge(page.next, this.#acknowledged);
    const progress = this.#progress;
    this.#progress = Promise.withResolvers();
    progress.resolve();
    return page.next;
  }
}

async function appendOnce(
  server: Pick<JobServer, "append">,
  taskToken: string,
  events: readonly SpooledEvent[],
  signal: AbortSignal,
): Promise<Appended> {
  const last = events.at(-1)?.endSequence ?? 0;
  const serialised = events.map(({ bytes }) => bytes);
  const answer = await server.append(taskToken, serialised, last, signal);
  if (answer.lastSequence >= last) return answer;
  throw new Error(`The server acknowledged events up to ${answer.lastSequence} only, not up to ${last}.`);
}

/** Appends `events` until the server has them all; `lastSequence` of the answer is at least that of the last event. */
export async function appendEvents(
  server: Pick<JobServer, "append">,
  taskToken: string,
  events: readonly SpooledEvent[],
  context: CallContext,
  signal: AbortSignal,
): Promise<Appended> {
  return await untilAnswered(() => appendOnce(server, taskToken, events, signal), context, signal);
}
