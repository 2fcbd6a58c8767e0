// SPDX-License-Identifier: Apache-2.0
import type { ApiError, ServiceName } from "./api-error.ts";
import type { JsonObject } from "./json.ts";
import type { Fields } from "./schema.ts";
import type { State } from "./state.ts";
import type { Caller } from "./token-check.ts";
import type { NaturalKey, ResourceKind } from "./write-log.ts";

export type OperationName =
  | "list-projects"
  | "create-project"
  | "get-project"
  | "update-project"
  | "delete-project"
  | "get-project-settings"
  | "update-project-settings"
  | "create-committee"
  | "get-committee"
  | "update-committee"
  | "delete-committee"
  | "get-committee-settings"
  | "update-committee-settings"
  | "create-member"
  | "get-member"
  | "update-member"
  | "delete-member";

/** A route of one of the services. */
export interface Operation {
  readonly name: OperationName;
  readonly service: ServiceName;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** What the ETag is of. */
  readonly kind: ResourceKind;
  /** Of the success. */
  readonly status: 200 | 201 | 204;
  /** Table of the body; absent where there is none. */
  readonly fields?: Fields;
  readonly run: (call: Call) => Promise<Reply>;
}

export interface Reply {
  readonly body?: JsonObject;
  /** Revision, on GET only. */
  readonly etag?: number;
}

export interface WriteDone {
  readonly resource: ResourceKind;
  readonly uid: string;
  readonly naturalKey: NaturalKey;
  readonly before?: number;
  readonly after?: number;
}

/** One request, when all that the framework checks is right. */
export interface Call {
  readonly state: State;
  /** "" where the path has none. */
  readonly uid: string;
  readonly memberUid: string;
  readonly body: JsonObject;
  readonly caller: Caller;
  readonly isSync: boolean;
  readonly skipsEnrichment: boolean;
  readonly skipsNotification: boolean;
  /** The `Authorization` header. */
  readonly authorization: string;
  /** The text of If-Match when it is a decimal number. */
  readonly ifMatch: string | undefined;
  /** Whether the directory of users answers this request. */
  readonly hasDirectory: boolean;
  /** What the service waits for between its checks and the effect: latency, and faults that act there. */
  gate(): Promise<void>;
  /** Waits here instead, when a fault has the reservation made at once and the record late. */
  afterReservation(): Promise<void>;
  /** The refusal of a stale revision: `native`, or what a fault makes of it. */
  stale(native: ApiError): ApiError;
  /** Writes it into the log, and waits for the real buckets where there are any. */
  committed(write: WriteDone): Promise<void>;
}
