// SPDX-License-Identifier: Apache-2.0
import { create, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Clock } from "@repo/http-retry";
import {
  EventType,
  type JobEvent,
  JobEventSchema,
  OutputItemSchema,
  StreamType,
} from "../gen/job/v1/job_pb.ts";
import type { BatchingLimits } from "./batching-limits.ts";
import { OutputBatcher } from "./output-batcher.ts";
import type { OutputChunk } from "./process/process.ts";
import type { SpoolFile } from "./spool/spool-file.ts";

/** What an event carries, but for output, which is gathered. */
export type EventData = Exclude<
  JobEvent["eventData"],
  { case: "output" } | { case: "outputBatch" } | { case: undefined }
>;

export interface EventRecorderOptions {
  readonly limits: BatchingLimits;
  readonly spool: SpoolFile;
  readonly clock: Clock;
  readonly isBusy: () => boolean;
  /** Unacknowledged bytes above which the process has to wait; default 256 MiB. */
  readonly maxBacklogBytes?: number;
}

const defaultBacklogBytes = 256 * 1024 * 1024;
/** What may wait in memory for the disk. */
const maxUnwrittenBytes = 4 * 1024 * 1024;

/** Numbers the events of one attempt, densely from 1 on, and puts them into its spool. Each output is one number. */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #batcher: OutputBatcher;
  #lastSequence = 0;
  #lastAt: number;
  readonly #lifted = Promise.withResolvers<void>();
  #isBounded = true;
  #isDiscarding = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#lastAt = options.clock.now();
    this.#batcher = new OutputBatcher({
      limits: options.limits,
      clock: options.clock,
      isBusy: options.isBusy,
      onBatch: (items) => this.#recordBatch(items),
    });
  }

  /** Of the last event in the spool; 0 before the first. Output that is still gathered has none yet. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Milliseconds since the last event was recorded. */
  get quietMs(): number {
    return this.#options.clock.now() - this.#lastAt;
  }

  /**
   * Takes output. The promise, where there is one, resolves when more may come: the server or the disk is behind.
   * It rejects when the spool is closed.
   */
  output(output: OutputChunk): Promise<void> | undefined {
    if (this.#isDiscarding) return undefined;
    this.#batcher.add(output);
    const { spool, maxBacklogBytes = defaultBacklogBytes } = this.#options;
    const hasRoom = spool.backlogBytes <= maxBacklogBytes && spool.unwrittenBytes <= maxUnwrittenBytes;
    if (hasRoom || !this.#isBounded) return undefined;
    return Promise.race([spool.waitForRoom(maxBacklogBytes, maxUnwrittenBytes), this.#lifted.promise]);
  }

  /** Lets a process that is being stopped hand over what little it still has, whatever waits already. */
  lift(): void {
    this.#isBounded = false;
    this.#lifted.resolve();
  }

  /** Nobody will take the events any more: forgets what comes from now on. */
  discard(): void {
    this.#isDiscarding = true;
    this.lift();
  }

  /** Records an event behind all output so far. */
  event(eventData: EventData): void {
    if (this.#isDiscarding) return;
    this.#batcher.flush();
    const sequence = this.#lastSequence + 1;
    const event = create(JobEventSchema, {
      sequence: BigInt(sequence),
      timestamp: timestampFromMs(this.#options.clock.date()),
      eventType: eventTypes[eventData.case],
      eventData,
    });
    this.#record(sequence, event);
  }

  flush(): void {
    this.#batcher.flush();
  }

  #recordBatch(items: readonly OutputChunk[]): void {
    const [first] = items;
    if (first === undefined || this.#isDiscarding) return;
    const start = this.#lastSequence + 1;
    const end = this.#lastSequence + items.length;
    const outputs = items.map(({ bytes, stream, atMs }) =>
      create(OutputItemSchema, {
        output: bytes,
        streamType: stream === "stderr" ? StreamType.STDERR : StreamType.STDOUT,
        timestampDeltaMs: deltaMs(first.atMs, atMs),
      }),
    );
    const event = create(JobEventSchema, {
      sequence: BigInt(start),
      timestamp: timestampFromMs(first.atMs),
      eventType: EventType.OUTPUT_BATCH,
      eventData: {
        case: "outputBatch",
        value: {
          outputs,
          startSequence: BigInt(start),
          endSequence: BigInt(end),
          firstTimestampMs: BigInt(Math.trunc(first.atMs)),
          playbackIntervalMillis: this.#options.limits.playbackIntervalMs,
        },
      },
    });
    this.#record(end, event);
  }

  #record(endSequence: number, event: JobEvent): void {
    this.#lastSequence = endSequence;
    this.#lastAt = this.#options.clock.now();
    this.#options.spool.appendEvent(endSequence, toBinary(JobEventSchema, event));
  }
}

/** A wall clock that was set back must not make a negative difference, which the server refuses. */
function deltaMs(firstMs: number, atMs: number): number {
  return Math.min(Math.max(0, Math.trunc(atMs - firstMs)), 2 ** 31 - 1);
}

const eventTypes: Readonly<Record<EventData["case"], EventType>> = {
  processStart: EventType.PROCESS_START,
  processEnd: EventType.PROCESS_END,
  processError: EventType.PROCESS_ERROR,
  heartbeat: EventType.HEARTBEAT,
  terminalResize: EventType.TERMINAL_RESIZE,
  containerCreate: EventType.CONTAINER_CREATE,
  containerRemove: EventType.CONTAINER_REMOVE,
  imagePullStart: EventType.IMAGE_PULL_START,
  imagePullProgress: EventType.IMAGE_PULL_PROGRESS,
  imagePullComplete: EventType.IMAGE_PULL_COMPLETE,
  gitCloneStart: EventType.GIT_CLONE_START,
  gitCloneEnd: EventType.GIT_CLONE_END,
  gitCloneError: EventType.GIT_CLONE_ERROR,
};
