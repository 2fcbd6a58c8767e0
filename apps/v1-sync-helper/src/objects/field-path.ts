// SPDX-License-Identifier: MIT
import { isJsonObject, type Json, type JsonObject } from "../records/json.ts";

/** A body that is being made. */
export type Draft = { [field: string]: Json | undefined };

/** @param path `role.start_date` leads into the object `role` */
export function readField(body: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = body;
  for (const name of path.split("."))
    value = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return value;
}

/** Makes the objects on the way; `undefined` takes the field away. Objects of `body` are replaced, never changed. */
export function writeField(body: Draft, path: string, value: Json | undefined): void {
  const dot = path.indexOf(".");
  if (dot < 0) {
    if (value === undefined) delete body[path];
    else body[path] = value;
    return;
  }
  const head = path.slice(0, dot);
  const inner = body[head];
  const copy: Draft = isJsonObject(inner) ? { ...inner } : {};
  writeField(copy, path.slice(dot + 1), value);
  if (value !== undefined || inner !== undefined) body[head] = copy;
}

export function without(body: JsonObject, fields: readonly string[]): Draft {
  return Object.fromEntries(Object.entries(body).filter(([field]) => !fields.includes(field)));
}
