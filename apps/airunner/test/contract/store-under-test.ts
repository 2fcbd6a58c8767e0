// SPDX-License-Identifier: Apache-2.0
import type { JobStore } from "../../src/job/job-store.ts";
import type { FakeClock } from "./fake-clock.ts";

export interface ContractOptions {
  /** The store's only clock. */
  readonly clock: FakeClock;
  /** 0 up to and without 1; the store's only source of chance. */
  readonly random: () => number;
  readonly finishedJobRetentionMs: number;
  readonly maxFinishedJobs: number;
  readonly eventRetentionMs: number;
}

/** A store, and how time passes for it and for what stands behind it. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: JobStore;
  /** Lets `ms` milliseconds pass on the clock, and waits for what the store does in them. */
  advance(ms: number): Promise<void>;
  /** Waits until the store has done what it is going to do at this moment. */
  settle(): Promise<void>;
}

export interface StoreFactory {
  createStore(options: ContractOptions): Promise<StoreUnderTest>;
  /**
   * Jobs are handed out by priority and age. False for queues that promise no order, as standard ones of SQS: tests of
   * order are left out then, all others hold.
   */
  readonly isOrdered: boolean;
  /** Finished jobs and old events go by the store's own timer; false where a service removes them some time later. */
  readonly hasTimedRetention: boolean;
}
