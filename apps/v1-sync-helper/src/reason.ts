// SPDX-License-Identifier: MIT

/** Why an object is not simply done. The code is for machines and metrics, the message for people. */
export interface Reason {
  readonly code: ReasonCode;
  /** One sentence that names what is wrong and says what to do. Holds no token, no e-mail address, no body. */
  readonly message: string;
  /** HTTP status, where a service answered. */
  readonly status?: number;
  /** Method and path of the call that failed. */
  readonly call?: string;
}

/** Every reason there is, with what it means; the README's table is made from it. */
export const reasonCodes = {
  parent_unmapped: "the object's parent is not in v2 yet",
  parent_deleted: "the object's parent was deleted in v2",
  service_not_configured: "no address of the service is set",
  service_unavailable: "the service did not answer, or answered that it could not (5xx, 429)",
  nats_unavailable: "NATS did not answer, or lacks a bucket",
  service_busy: "the service takes no more calls at present, so that the object waits for its turn",
  outcome_unknown:
    "a call may or may not have been carried out; it is looked up before anything is sent again",
  create_settling: "an earlier create may still be carried out; a second one waits until it no longer can",
  slug_busy: "another record is about to create a project of the same slug",
  stale_revision: "the object was changed in v2 again and again while it was being updated",
  lookup_unavailable: "the person who made the change could not be looked up",
  signing_key_unknown: "the key id under which Heimdall publishes our key is not known yet",
  refused_by_service: "the service refused the object (4xx)",
  taken: "the slug, name or e-mail address belongs to another object in v2",
  missing_in_v2: "the object is mapped, but v2 does not know it",
  malformed_value: "the value in the bucket is neither a JSON object nor a MessagePack map",
  empty_value: "the value in the bucket has no bytes",
  unusable_record: "a field that v2 requires is missing or cannot be used",
  deletes_guarded: "more deletes in the last hour than MAX_DELETES_PER_HOUR allows",
  delete_refused: "the service does not allow this object to be deleted",
  crashed: "the process ended several times while it worked on the object",
  undelivered: "no instance finished the message; it is tried again from its record",
  vanished: "the record is gone from the bucket and no delete mark says that v1 deleted it",
  requested: "an operator asked for it",
  internal: "a defect of this program; the log has the stack",
  not_allowlisted: "the project is on neither allowlist",
  own_change: "the record was last changed by this program's own client",
  deletes_ignored: "DELETE_POLICY is ignore",
  deleted_in_v2: "the object was deleted in v2 on behalf of v1 and is not created again by itself",
  never_in_v2: "the record is deleted and was never in v2",
  dropped: "an operator dropped it",
} as const;

export type ReasonCode = keyof typeof reasonCodes;
