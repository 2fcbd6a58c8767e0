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

/** @param columns a column called `constructor` must be a column: only own properties are read */
export function createRecord(columns: JsonObject): V1Record {
  const valueOf = (name: string): Json | undefined =>
    Object.hasOwn(columns, name) ? columns[name] : undefined;
  const lastModifiedBy = valueOf("lastmodifiedbyid");
  const deletedAt = valueOf("_sdc_deleted_at");
  return {
    columns,
    read: (names) => {
      for (const column of names) {
        const value = valueOf(column);
        if (value !== undefined) return { column, value };
      }
      return undefined;
    },
    lastModifiedBy: typeof lastModifiedBy === "string" ? lastModifiedBy.trim() || undefined : undefined,
    isDeleted:
      (deletedAt !== undefined && deletedAt !== null && deletedAt !== "") || valueOf("isdeleted") === true,
  };
}
