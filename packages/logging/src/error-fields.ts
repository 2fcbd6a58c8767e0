// SPDX-License-Identifier: Apache-2.0

/** How deep a chain of causes is followed; what lies below is counted, not shown. */
const maxDepth = 8;
const maxAggregated = 10;
const maxTextLength = 16_384;
const maxOwnFields = 20;

/** An error as it stands under `err` in a log line. */
export interface ErrorFields {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  /** The error's own plain fields (`code`, `status`, `attempts`, …): text, numbers, booleans; objects are left out. */
  readonly [field: string]: unknown;
  readonly cause?: unknown;
  /** Of an AggregateError; at most 10. */
  readonly errors?: readonly unknown[];
  /** Of a SuppressedError, as `using` throws it: what failed last, and what it would have hidden. */
  readonly error?: unknown;
  readonly suppressed?: unknown;
}

/**
 * Turns an error into plain fields, with its causes to a depth of 8 and an AggregateError's parts.
 *
 * Bounded in every direction and safe against cycles, getters that throw and libraries that hang a whole
 * request or client on their errors. A value that is no error comes back as it is when it is plain, else as text.
 */
export function serializeError(thrown: unknown): unknown {
  return serialize(thrown, 0, new Set());
}

function serialize(thrown: unknown, depth: number, path: Set<unknown>): unknown {
  if (!Error.isError(thrown)) return depth === 0 ? thrown : plainValue(thrown);
  if (path.has(thrown)) return "[circular]";
  if (depth >= maxDepth) return `[${maxDepth} causes shown, more below]`;
  path.add(thrown);
  try {
    return describe(thrown, depth, path);
  } finally {
    path.delete(thrown);
  }
}

function describe(error: Error, depth: number, path: Set<unknown>): ErrorFields {
  const stack = readField(error, "stack");
  const cause = readField(error, "cause");
  const parts = error instanceof AggregateError ? readField(error, "errors") : undefined;
  const both =
    error instanceof SuppressedError ? [readField(error, "error"), readField(error, "suppressed")] : [];
  return {
    ...ownFields(error),
    type: clip(typeName(error)),
    message: clip(String(readField(error, "message"))),
    ...(typeof stack === "string" && { stack: clip(stack) }),
    ...(cause !== undefined && { cause: serialize(cause, depth + 1, path) }),
    ...(both.length > 0 && {
      error: serialize(both[0], depth + 1, path),
      suppressed: serialize(both[1], depth + 1, path),
    }),
    ...(Array.isArray(parts) && { errors: serializeParts(parts, depth, path) }),
  };
}

function serializeParts(parts: readonly unknown[], depth: number, path: Set<unknown>): unknown[] {
  const shown = parts.slice(0, maxAggregated).map((part) => serialize(part, depth + 1, path));
  const left = parts.length - shown.length;
  return left > 0 ? [...shown, `[${left} more]`] : shown;
}

/** `name` when a class sets it, else the constructor's: `class LeaseLost extends Error {}` should not read "Error". */
function typeName(error: Error): string {
  const name = readField(error, "name");
  if (typeof name === "string" && name !== "" && name !== "Error") return name;
  const constructorName: unknown = error.constructor?.name;
  return typeof constructorName === "string" && constructorName !== "" ? constructorName : "Error";
}

function ownFields(error: Error): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name of Object.keys(error)) {
    if (Object.keys(fields).length >= maxOwnFields) break;
    const value = readField(error, name);
    if (name === "__proto__" || value === undefined || !isPlain(value)) continue;
    fields[name] = typeof value === "string" ? clip(value) : value;
  }
  return fields;
}

function readField(error: Error, name: string): unknown {
  try {
    return Reflect.get(error, name);
  } catch {
    return "[unreadable]";
  }
}

function isPlain(value: unknown): boolean {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function plainValue(value: unknown): unknown {
  if (typeof value === "string") return clip(value);
  if (isPlain(value)) return value;
  try {
    return clip(JSON.stringify(value) ?? String(value));
  } catch {
    return `[${typeof value}]`;
  }
}

function clip(text: string): string {
  return text.length <= maxTextLength ? text : `${text.slice(0, maxTextLength)}… (${text.length} characters)`;
}
