// SPDX-License-Identifier: MIT
import type { Json, JsonObject } from "../records/json.ts";

/**
 * What a rule makes of the value of a column. `why` is a predicate that follows the column and its value; of a value or
 * a cleared field it also says what was made of it.
 */
export type Reading =
  | { readonly is: "value"; readonly value: Json; readonly why?: string }
  /** The field is emptied. */
  | { readonly is: "cleared"; readonly why?: string }
  /** The field stays as v2 has it; a new object does without. */
  | { readonly is: "left"; readonly why: string }
  /** v2 requires the field and cannot be given this. */
  | { readonly is: "refused"; readonly why: string };

interface RuleBase {
  /** For people who know the platform: what becomes of the value. */
  readonly words: string;
  /** What an explicit empty (`null` or `""`) becomes; the field is left out, and so emptied, unless this says otherwise. */
  readonly empty?: Reading;
}

/** `body` is what the rows above have made so far. */
export interface TextRule extends RuleBase {
  readonly takes: "text";
  readonly read: (text: string, body: JsonObject) => Reading;
}

export interface FlagRule extends RuleBase {
  readonly takes: "true or false";
}

/** The value comes from a look-up that the plan made; see {@link Overlay.lookups}. */
export interface LookupRule {
  readonly takes: "look-up";
  readonly words: string;
}

/** One field of v2 and where it comes from. */
export interface Row {
  /** v2's field; a dot leads into an object: `role.start_date`. */
  readonly to: string;
  /** v1's columns, of both generations; the first that the record has wins. None: only {@link whenNew}. */
  readonly from: readonly string[];
  readonly rule: TextRule | FlagRule | LookupRule;
  /** What a new object gets where the record says nothing. */
  readonly whenNew?: Json;
  /** A new object cannot do without; the sentence says what to do. */
  readonly required?: string;
  /**
   * - `answered`: GET gives it back, so a difference shows
   * - `unanswered`: GET never does, or the service puts something else in its place: compared with what was last sent
   * - `refilled`: the service fills it when it is left out: compared with what was last sent where v1 empties it
   * - `along`: no reason to write
   */
  readonly seen?: "answered" | "unanswered" | "refilled" | "along";
  /** The value names a person: remarks do not quote it. */
  readonly personal?: boolean;
}

export type Table = readonly Row[];

/** Whether the record has one of the columns of the table. */
export function speaksOf(table: Table, columns: JsonObject): boolean {
  return table.some(({ from }) => from.some((column) => Object.hasOwn(columns, column)));
}
