// SPDX-License-Identifier: MIT

import type { Reason } from "../reason.ts";
import { decodeRecord } from "../records/decode-record.ts";
import type { V1Record } from "../records/v1-record.ts";
import type { StoredRevision } from "./source.ts";

/** What a revision says of its object. */
export type Content =
  | { readonly kind: "alive"; readonly record: V1Record }
  /** `record` is absent where the key itself was deleted. */
  | { readonly kind: "deleted"; readonly record?: V1Record }
  | { readonly kind: "unusable"; readonly reason: Reason };

export function readContent({ value }: StoredRevision): Content {
  if (value === undefined) return { kind: "deleted" };
  const decoded = decodeRecord(value);
  if (!decoded.ok) return { kind: "unusable", reason: decoded.reason };
  return { kind: decoded.record.isDeleted ? "deleted" : "alive", record: decoded.record };
}
