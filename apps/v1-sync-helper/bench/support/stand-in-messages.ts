// SPDX-License-Identifier: MIT
import type { ResourceKind } from "@repo/testkit/lfx-v2";

export interface StandInOptions {
  readonly natsUrl: string;
  /** SPKI, PEM. */
  readonly heimdallPublicKey: string;
  readonly auth0PublicKey: string;
  /** Ids of v1's users. */
  readonly people: readonly string[];
}

export interface StandInAddresses {
  readonly projectUrl: string;
  readonly committeeUrl: string;
  readonly rootUid: string;
  readonly apiUrl: string;
  readonly tokenUrl: string;
  readonly jwksUrl: string;
}

/** What the parent may ask for. */
export type Question =
  | { readonly what: "latency"; readonly ms: number }
  /** Writes carried out since the start. */
  | { readonly what: "writes" }
  /** Answered when so many were carried out. */
  | { readonly what: "until-writes"; readonly count: number }
  /** Objects whose field has this value. */
  | {
      readonly what: "count";
      readonly kind: ResourceKind;
      readonly field: string;
      readonly value: string;
    }
  /** Answers without success, as text. */
  | { readonly what: "refused" };

export type Asked = Question & { readonly id: number };

export interface Answered {
  /** Of the question; 0: the process is ready. */
  readonly id: number;
  readonly answer: number | string | StandInAddresses | undefined;
}
