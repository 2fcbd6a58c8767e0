// SPDX-License-Identifier: Apache-2.0
import type { CampaignJob } from "./job.ts";

/** A right to work on an attempt that is over, or will be. */
export interface OldToken {
  readonly jobId: string;
  readonly attempt: number;
  readonly taskToken: string;
}

/** What the spool of a worker held when the worker was killed. */
export interface LeftBehind {
  readonly jobId: string;
  readonly attempt: number;
  readonly acknowledged: number;
  readonly lastSequence: number;
  readonly hasResult: boolean;
}

/** How an attempt ended as the server has acknowledged it to the scripted publisher. */
export type ToldEnd = "succeeded" | "failed" | "released";

/** What happened during a campaign, as those saw it who took part. */
export interface Facts {
  /** By job id: those that workers run. */
  readonly jobs: Map<string, CampaignJob>;
  /** Ids of those that the scripted publisher works on. */
  readonly scripted: Set<string>;
  /** By {@link attemptKey}: the last sequence that the server has acknowledged. */
  readonly acknowledged: Map<string, number>;
  /** By {@link attemptKey}. */
  readonly toldEnds: Map<string, ToldEnd>;
  readonly left: LeftBehind[];
  readonly oldTokens: OldToken[];
  /** By {@link attemptKey}: attempts whose process was killed. */
  readonly killed: Set<string>;
  readonly cancelled: Set<string>;
  /** Calls with the token of an attempt that was over, which the server refused. */
  refusedCalls: number;
  /** Sentences, each with what it is about. */
  readonly violations: string[];
}

export function createFacts(): Facts {
  return {
    jobs: new Map(),
    scripted: new Set(),
    acknowledged: new Map(),
    toldEnds: new Map(),
    left: [],
    oldTokens: [],
    killed: new Set(),
    cancelled: new Set(),
    refusedCalls: 0,
    violations: [],
  };
}

export function attemptKey(jobId: string, attempt: number): string {
  return `${jobId}#${attempt}`;
}

export function acknowledge(facts: Facts, key: string, sequence: number): void {
  facts.acknowledged.set(key, Math.max(sequence, facts.acknowledged.get(key) ?? 0));
}
