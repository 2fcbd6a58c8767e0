// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from "node:timers/promises";
import type { Lease } from "../../job/job.ts";

/** A call that sends events of one attempt, message by message. */
export interface EventWriter extends Disposable {
  /** Tells that a message was taken up; the returned function that it is in the log, or refused. */
  begin(): () => void;
}

/** What is under way for one attempt. */
interface Line {
  tail: Promise<void>;
  /** Work in line, and messages that writers have taken up. */
  busy: number;
  writers: number;
}

/**
 * Keeps what one worker sends for one attempt in the order in which it arrived, across its calls: events over one
 * stream, the result over another. Holds nothing of attempts for which nothing is under way.
 */
export class LeaseOrder {
  readonly #lines = new Map<string, Line>();

  /** Attempts for which something is under way. */
  get size(): number {
    return this.#lines.size;
  }

  /** Runs `work` after all work of the same attempt that was given before. */
  async run<T>(lease: Lease, work: () => Promise<T>): Promise<T> {
    const key = keyOf(lease);
    const line = this.#line(key);
    line.busy += 1;
    const done = line.tail.then(work);
    // Failures are the caller's who gave the work; the next one in line goes on.
    line.tail = done.then(ignore, ignore);
    try {
      return await done;
    } finally {
      line.busy -= 1;
      this.#forgetIdle(key, line);
    }
  }

  /**
   * Runs `work` once the attempt's writers have taken up and applied all that has arrived. They may have to read on
   * in what is buffered, so they must be found without work in two turns of the loop, one after the other.
   */
  async runLast<T>(lease: Lease, work: () => Promise<T>): Promise<T> {
    const key = keyOf(lease);
    for (let quietTurns = 0; quietTurns < 2; ) {
      await setImmediate();
      const line = this.#lines.get(key);
      if (line === undefined || line.busy === 0) quietTurns += 1;
      else {
        quietTurns = 0;
        await line.tail;
      }
    }
    return this.run(lease, work);
  }

  openWriter(lease: Lease): EventWriter {
    const key = keyOf(lease);
    const line = this.#line(key);
    line.writers += 1;
    return {
      begin() {
        line.busy += 1;
        return () => void (line.busy -= 1);
      },
      [Symbol.dispose]: () => {
        line.writers -= 1;
        this.#forgetIdle(key, line);
      },
    };
  }

  #line(key: string): Line {
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    const line: Line = { tail: Promise.resolve(), busy: 0, writers: 0 };
    this.#lines.set(key, line);
    return line;
  }

  #forgetIdle(key: string, line: Line): void {
    if (line.busy === 0 && line.writers === 0) this.#lines.delete(key);
  }
}

function ignore(): void {}

function keyOf({ jobId, attempt }: Lease): string {
  return `${jobId}#${attempt}`;
}
