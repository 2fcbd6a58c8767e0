// SPDX-License-Identifier: MIT
import type { Json, JsonObject } from "./json.ts";

/** A record of v1 as the bucket holds it. Columns whose value has another JSON type than asked for count as absent. */
export interface V1Record {
  readonly columns: JsonObject;
  /** The value of the first of `names` that the record has; `undefined` when it has none. */
  readonly read: (names: readonly string[]) => { readonly column: string; readonly value: Json } | undefined;
  /** `lastmodifiedbyid`, trimmed; `undefined` when absent or empty. */
  readonly lastModifiedBy: string | undefined;
  /** A soft-delete mark, or `isdeleted`. */
  readonly isDeleted: boolean;
}
