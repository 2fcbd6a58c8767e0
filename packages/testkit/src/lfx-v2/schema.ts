// SPDX-License-Identifier: Apache-2.0
import { ApiError, type ViolationName } from "./api-error.ts";
import { type Format, isFormat } from "./formats.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";

export interface TextField {
  readonly type: "text";
  readonly required?: true;
  readonly oneOf?: readonly string[];
  readonly pattern?: RegExp;
  readonly format?: Format;
  /** Unicode code points. */
  readonly maxLength?: number;
}

export interface FlagField {
  readonly type: "flag";
  readonly required?: true;
}

export interface ListField {
  readonly type: "list";
  readonly required?: true;
  readonly items: Field;
  readonly maxItems?: number;
}

export interface ObjectField {
  readonly type: "object";
  readonly required?: true;
  readonly fields: Fields;
}

export type Field = TextField | FlagField | ListField | ObjectField;
export type Fields = Readonly<Record<string, Field>>;

/** A body, read by its table. */
export interface Decoded {
  /** The known members; neither nulls nor unknown ones. */
  readonly value: JsonObject;
  /** What the table does not know, by path (`organization.size`); the services ignore it. */
  readonly unknown: JsonObject;
}

/**
 * Reads a body as Go would: unknown members are left out, null is absent, names may differ in case.
 *
 * @throws {ApiError} 400 `decode_payload` for a value of another JSON type
 */
export function decode(fields: Fields, body: Json): Decoded {
  const unknown: [string, Json][] = [];
  const value = body === null ? {} : decodeObject(fields, body, "", unknown);
  return { value, unknown: unknown.length === 0 ? nothing : Object.fromEntries(unknown) };
}

const nothing: JsonObject = {};

function decodeObject(fields: Fields, source: Json, path: string, unknown: [string, Json][]): JsonObject {
  if (!isJsonObject(source)) throw wrongType(source, path, "a struct");
  const value: Record<string, Json> = {};
  for (const key in source) {
    const sent = source[key] ?? null;
    const name = nameOf(fields, key);
    const field = name === undefined ? undefined : fields[name];
    if (name === undefined || field === undefined) unknown.push([path + key, sent]);
    else if (sent !== null) value[name] = decodeField(field, sent, path + name, unknown);
  }
  return value;
}

function nameOf(fields: Fields, key: string): string | undefined {
  if (Object.hasOwn(fields, key)) return key;
  const lower = key.toLowerCase();
  return Object.hasOwn(fields, lower) ? lower : undefined;
}

function decodeField(field: Field, sent: Json, path: string, unknown: [string, Json][]): Json {
  switch (field.type) {
    case "text":
      if (typeof sent !== "string") throw wrongType(sent, path, "string");
      return sent;
    case "flag":
      if (typeof sent !== "boolean") throw wrongType(sent, path, "bool");
      return sent;
    case "list":
      if (!Array.isArray(sent)) throw wrongType(sent, path, "a slice");
      return sent.map((item: Json) => decodeItem(field.items, item, path, unknown));
    case "object":
      return decodeObject(field.fields, sent, `${path}.`, unknown);
  }
}

/** A null in a list is Go's empty value, which for a text is "" and for an object is none at all. */
function decodeItem(field: Field, item: Json, path: string, unknown: [string, Json][]): Json {
  if (item !== null) return decodeField(field, item, path, unknown);
  return field.type === "text" ? "" : null;
}

function wrongType(sent: Json, path: string, type: string): ApiError {
  const kind = sent === null ? "null" : Array.isArray(sent) ? "array" : typeof sent;
  const message = `json: cannot unmarshal ${kind} into Go struct field .${path} of type ${type}`;
  return new ApiError(400, message, "decode_payload");
}

/** One thing that is wrong with a request. */
export interface Violation {
  readonly name: ViolationName;
  readonly message: string;
}

/** Adds everything that is wrong with a decoded body. */
export function validate(fields: Fields, value: JsonObject, violations: Violation[], path = "body"): void {
  for (const name in fields) {
    if (fields[name]?.required === true && value[name] === undefined)
      violations.push({ name: "missing_field", message: `"${name}" is missing from ${path}` });
  }
  for (const name in value) {
    const [field, sent] = [fields[name], value[name]];
    if (field !== undefined && sent !== undefined) validateField(field, sent, violations, `${path}.${name}`);
  }
}

function validateField(field: Field, sent: Json, violations: Violation[], path: string): void {
  if (field.type === "text" && typeof sent === "string") validateText(field, sent, violations, path);
  if (field.type === "object" && isJsonObject(sent)) validate(field.fields, sent, violations, path);
  if (field.type !== "list" || !Array.isArray(sent)) return;
  if (field.maxItems !== undefined && sent.length > field.maxItems)
    violations.push(tooLong(path, field.maxItems, sent.length));
  for (const item of sent) validateField(field.items, item, violations, `${path}[*]`);
}

/** Adds what is wrong with one text, of a body or of a path. */
export function validateText(field: TextField, sent: string, violations: Violation[], path: string): void {
  const refuse = (name: ViolationName, what: string) =>
    violations.push({ name, message: `${what} but got value ${JSON.stringify(sent)}` });
  if (field.oneOf !== undefined && !field.oneOf.includes(sent)) {
    const allowed = field.oneOf.map((each) => JSON.stringify(each)).join(", ");
    refuse("invalid_enum_value", `value of ${path} must be one of ${allowed}`);
  }
  if (field.format !== undefined && !isFormat[field.format](sent))
    refuse("invalid_format", `${path} must be formatted as a ${field.format}`);
  if (field.pattern !== undefined && !field.pattern.test(sent))
    refuse("invalid_pattern", `${path} must match the regexp "${field.pattern.source}"`);
  if (field.maxLength !== undefined && sent.length > field.maxLength) {
    const length = Array.from(sent).length;
    if (length > field.maxLength) violations.push(tooLong(path, field.maxLength, length));
  }
}

function tooLong(path: string, max: number, length: number): Violation {
  return {
    name: "invalid_length",
    message: `length of ${path} must be lesser or equal than ${max} (len=${length})`,
  };
}

/** @throws {ApiError} 400 with the name of the first violation and the messages of all */
export function refuseViolations(violations: readonly Violation[]): void {
  const [first] = violations;
  if (first === undefined) return;
  throw new ApiError(400, violations.map(({ message }) => message).join("; "), first.name);
}
