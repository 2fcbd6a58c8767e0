// SPDX-License-Identifier: Apache-2.0
import { isMessage, type Message } from "@bufbuild/protobuf";
import { OtlpError } from "./otlp-error.ts";

/** @throws {OtlpError} when a message, or one within it, carries a field that OTLP does not have */
export function refuseUnknownFields(message: Message): void {
  if (message.$unknown !== undefined && message.$unknown.length > 0)
    throw new OtlpError(`${message.$typeName} carries the unknown field ${message.$unknown[0]?.no}`);
  for (const value of Object.values(message)) visit(value);
}

function visit(value: unknown): void {
  if (Array.isArray(value)) for (const item of value) visit(item);
  else if (isMessage(value)) refuseUnknownFields(value);
  else if (isOneof(value)) visit(value.value);
}

function isOneof(value: unknown): value is { readonly value: unknown } {
  return typeof value === "object" && value !== null && "case" in value && "value" in value;
}
