// SPDX-License-Identifier: MIT
import type { Mapping } from "../../mappings/mapping-key.ts";
import type { Author } from "../../objects/author.ts";
import type { JsonObject } from "../../records/json.ts";
import type { ObjectKind } from "../../records/object-key.ts";
import type { ObjectState } from "../../state/object-state.ts";
import type { Forecast } from "../forecast/forecast.ts";

/** A part that was found out, or the sentence that says why not. */
export type Told<T> = { readonly value: T } | { readonly unknown: string };

/** What v1 holds of an object. */
export type RecordFound =
  | { readonly content: "missing" }
  | {
      readonly content: "alive" | "deleted" | "unusable";
      readonly revision: number;
      /** RFC 3339; absent for a delete mark. */
      readonly writtenAt?: string;
      readonly columns?: JsonObject;
      readonly problem?: string;
    };

/** A parent that the record names. */
export interface ParentFound {
  readonly column: string;
  readonly key: string;
  readonly mapping: Mapping;
  /** Whether v1-objects has it; told where it is not mapped. */
  readonly isInV1?: boolean;
  /** What became of it; told where it is not mapped. */
  readonly state?: ObjectState;
  /** Its own parents, where it is not mapped. */
  readonly parents: readonly ParentFound[];
}

/** All that is known of one object. */
export interface Explanation {
  readonly key: string;
  readonly kind: ObjectKind;
  readonly id: string;
  readonly record: Told<RecordFound>;
  readonly mapping: Told<Mapping>;
  readonly state: Told<ObjectState | undefined>;
  readonly parents: Told<readonly ParentFound[]>;
  readonly author: Told<Author>;
  /** What would be done now. `undefined`: v1 has nothing of it. */
  readonly forecast: Told<Forecast | undefined>;
}
