// SPDX-License-Identifier: MIT

export interface BareLoopOptions {
  readonly projectUrl: string;
  readonly rootUid: string;
  /** Of the project service. */
  readonly token: string;
  readonly concurrency: number;
  /** Of each phase; not measured. */
  readonly warmUp: number;
  /** Measured, of each phase. */
  readonly objects: number;
  /** Measured one at a time. */
  readonly oneByOne: number;
}

export type BarePhase = "create" | "update" | "update one by one";

/** What the loop tells its parent. */
export interface BareMessage {
  readonly phase: BarePhase;
  readonly is: "begun" | "over";
}
