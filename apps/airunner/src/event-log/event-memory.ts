// SPDX-License-Identifier: Apache-2.0

export interface EventMemoryOptions {
  /** Memory that the logs may take together; what is above goes to a file. */
  readonly maxBytes: number;
  /** Where the file is made once it is needed; that of the system for temporary files by default. */
  readonly directory?: string;
}

/** What all logs of a store share: a budget of memory, and the file that takes what is above. */
export interface EventMemory extends AsyncDisposable {
  readonly bytesInMemory: number;
  readonly bytesOnDisk: number;
  /**
   * Call before appending. Resolves at once, unless the file cannot keep up and twice the budget is taken: then it
   * waits until it has.
   * @throws {JobError} `store_unavailable` where the file cannot be written and twice the budget is taken
   */
  room(): Promise<void>;
}

export declare function createEventMemory(options: EventMemoryOptions): EventMemory;
