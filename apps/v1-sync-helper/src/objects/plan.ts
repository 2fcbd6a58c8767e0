// SPDX-License-Identifier: MIT
import type { MappingKey } from "../mappings/mapping-key.ts";
import type { V1Ids } from "../mappings/mappings.ts";
import type { Reason } from "../reason.ts";
import type { Json, JsonObject } from "../records/json.ts";

export type ServiceName = "project" | "committee";

/** What tells two objects of a kind apart in v2; the services hold it to be unique. */
export type NaturalKey =
  | { readonly kind: "project"; readonly slug: string }
  | { readonly kind: "committee"; readonly projectUid: string; readonly name: string }
  | { readonly kind: "member"; readonly committeeUid: string; readonly email: string };

/** A field that a call changes, for people who want to see it beforehand. */
export interface FieldChange {
  readonly field: string;
  /** `undefined`: not there. */
  readonly from: Json | undefined;
  readonly to: Json | undefined;
}

/** A call that changes v2. */
export interface WriteCall {
  readonly service: ServiceName;
  readonly method: "POST" | "PUT" | "DELETE";
  /** Begins with `/`, holds the query; every part that comes from data is encoded. */
  readonly path: string;
  readonly body?: JsonObject;
  /** The ETag of the GET that the body was made from, verbatim. */
  readonly ifMatch?: string;
  readonly changes: readonly FieldChange[];
}

/**
 * Digests of the values that were last sent under names which the service takes and never gives back. A plan compares
 * with them, because a GET cannot tell.
 */
export type SentDigest = string;

/** Remarks on values that were left out or replaced, e.g. `role__c "Counsel" is none of v2's roles: sent as None`. */
export type Notes = readonly string[];

/** What is to be done so that v2 says what v1 says of one object. Making a plan changes nothing. */
export type Plan =
  | {
      readonly action: "create";
      readonly naturalKey: NaturalKey;
      readonly call: WriteCall;
      /** v1's ids around the object, for the reverse mapping. */
      readonly ids?: V1Ids;
      readonly sent: SentDigest;
      readonly notes: Notes;
    }
  | {
      readonly action: "update";
      readonly uid: string;
      /** In the order in which they are sent: the object, then its settings. */
      readonly calls: readonly [WriteCall, ...WriteCall[]];
      readonly sent: SentDigest;
      readonly notes: Notes;
    }
  | {
      readonly action: "unchanged";
      readonly uid: string;
      readonly sent: SentDigest;
      readonly notes: Notes;
    }
  /** `call` is absent where the object is gone from v2 already. `next` says what follows a member's move. */
  | {
      readonly action: "delete";
      readonly uid: string;
      readonly call?: WriteCall;
      readonly next: "end" | "create";
    }
  | {
      readonly action: "park";
      /** Empty where no mapping can release it: `service_not_configured`. */
      readonly waitsFor: readonly MappingKey[];
      readonly reason: Reason;
    }
  | { readonly action: "refuse"; readonly reason: Reason }
  | { readonly action: "ignore"; readonly reason: Reason };
