// SPDX-License-Identifier: Apache-2.0
import * as z from "zod";

/** What the table says of a field beside its name, default and description. */
export interface FieldDocs {
  readonly type: string;
  readonly secret: boolean;
  readonly values?: readonly string[];
}

/** Apart from zod's global registry, whose entries end up in JSON schemas. */
const docs = z.registry<{ type: string; secret: boolean; values?: readonly string[] }>();

export function documentField<S extends z.ZodType>(schema: S, fieldDocs: FieldDocs): S {
  docs.add(schema, fieldDocs);
  return schema;
}

/** Everything known of one field, gathered through its wrappers (optional, default, pipe, …). */
export interface FieldFacts {
  readonly docs: FieldDocs | undefined;
  readonly description: string;
  readonly default: string | undefined;
  /** zod's own word for the innermost schema: `string`, `number`, `enum`. */
  readonly zodType: string;
}

export function gatherFacts(schema: z.ZodType): FieldFacts {
  let found: FieldDocs | undefined;
  let description: string | undefined;
  let defaultText: string | undefined;
  let current = schema;
  for (;;) {
    found ??= docs.get(current);
    description ??= current.description;
    defaultText ??= defaultOf(current);
    const inner = innerOf(current);
    if (inner === undefined) break;
    current = inner;
  }
  return { docs: found, description: description ?? "", default: defaultText, zodType: current.def.type };
}

function innerOf(schema: z.ZodType): z.ZodType | undefined {
  const inner: unknown =
    "innerType" in schema.def ? schema.def.innerType : "in" in schema.def ? schema.def.in : undefined;
  return inner instanceof z.ZodType ? inner : undefined;
}

function defaultOf(schema: z.ZodType): string | undefined {
  if (!(schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)) return undefined;
  const value: unknown = schema.def.defaultValue;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * The fields of an object schema, also of one that was refined or transformed as a whole.
 *
 * @throws {TypeError} when it is no object schema
 */
export function fieldsOf(schema: z.ZodType): Map<string, z.ZodType> {
  if (schema instanceof z.ZodObject) {
    const entries: [string, unknown][] = Object.entries(schema.shape);
    return new Map(entries.filter((entry): entry is [string, z.ZodType] => entry[1] instanceof z.ZodType));
  }
  const inner = innerOf(schema);
  if (inner === undefined) throw new TypeError("A schema of settings must be made with z.object.");
  return fieldsOf(inner);
}
