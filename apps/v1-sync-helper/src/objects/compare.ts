// SPDX-License-Identifier: MIT
import { isJsonObject, type Json, type JsonObject } from "../records/json.ts";
import type { FieldChange } from "./plan.ts";

/** Values that a service puts in where a field is left out, by path: sent or not, they say the same. */
export type Defaults = Readonly<Record<string, string>>;

/**
 * The fields in which two bodies differ. Absent, `null`, `""`, `false`, an empty list and an empty object are one, and
 * so are a field's default and its absence. Lists differ when their order does.
 *
 * @param ignored paths that are not looked at
 */
export function changesBetween(
  from: JsonObject,
  to: JsonObject,
  options: { readonly ignored?: ReadonlySet<string>; readonly defaults?: Defaults } = {},
): readonly FieldChange[] {
  const { ignored = new Set(), defaults = {} } = options;
  const changes: FieldChange[] = [];
  const walk = (before: JsonObject, after: JsonObject, prefix: string): void => {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const field = prefix + name;
      if (ignored.has(field)) continue;
      const [a, b] = [before[name], after[name]];
      if (isJsonObject(a) || isJsonObject(b)) walk(objectOr(a), objectOr(b), `${field}.`);
      else if (!isSame(a, b, field, defaults)) changes.push({ field, from: a, to: b });
    }
  };
  walk(from, to, "");
  return changes;
}

export function isSame(
  a: Json | undefined,
  b: Json | undefined,
  field = "",
  defaults: Defaults = {},
): boolean {
  return JSON.stringify(normal(a, field, defaults)) === JSON.stringify(normal(b, field, defaults));
}

function normal(value: Json | undefined, field: string, defaults: Defaults): Json | undefined {
  if (value === undefined || value === null || value === "" || value === false) return undefined;
  if (value === defaults[field]) return undefined;
  if (isJsonObject(value)) return normalObject(value, `${field}.`, defaults);
  if (!Array.isArray(value)) return value;
  return value.length === 0 ? undefined : value.map((item: Json) => normal(item, "", {}) ?? null);
}

function normalObject(value: JsonObject, prefix: string, defaults: Defaults): JsonObject | undefined {
  const fields = Object.entries(value)
    .map(([name, inner]) => [name, normal(inner, prefix + name, defaults)] as const)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}

function objectOr(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
