// SPDX-License-Identifier: Apache-2.0

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The text under a name, or "" for anything else: how Go reads what was never written. */
export function textOf(data: JsonObject | undefined, name: string): string {
  const value = data?.[name];
  return typeof value === "string" ? value : "";
}

export function objectOf(data: JsonObject | undefined, name: string): JsonObject | undefined {
  const value = data?.[name];
  return isJsonObject(value) ? value : undefined;
}

export function listOf(data: JsonObject | undefined, name: string): readonly Json[] {
  const value = data?.[name];
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/** Go's `omitempty`: without empty texts, empty lists and what is not there. */
export function withoutEmpty(data: JsonObject): JsonObject {
  const kept: Record<string, Json> = {};
  for (const name in data) {
    const value = data[name];
    if (value === undefined || value === null || value === "") continue;
    if (Array.isArray(value) && value.length === 0) continue;
    kept[name] = value;
  }
  return kept;
}
