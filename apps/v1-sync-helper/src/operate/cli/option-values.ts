// SPDX-License-Identifier: MIT
import { parseDuration } from "@repo/service";
import { InvalidArgumentError } from "commander";
import { type ReasonCode, reasonCodes } from "../../reason.ts";
import { type ObjectKind, objectKinds } from "../../records/object-key.ts";

/** A kind of object, as `--type` takes it; the plural too. */
export function kindValue(text: string): ObjectKind {
  const word = text.trim().toLowerCase().replace(/s$/, "");
  const kind = objectKinds.find((known) => known === word);
  if (kind === undefined) throw new InvalidArgumentError(`It must be one of ${objectKinds.join(", ")}.`);
  return kind;
}

export function reasonValue(text: string): ReasonCode {
  const word = text.trim().toLowerCase();
  if (isReasonCode(word)) return word;
  throw new InvalidArgumentError("It must be a reason as `dlq list` shows it, such as refused_by_service.");
}

function isReasonCode(word: string): word is ReasonCode {
  return Object.hasOwn(reasonCodes, word);
}

/** A time (RFC 3339, or a date, in UTC), or how long ago; Unix milliseconds. */
export function sinceValue(text: string, nowMs = Date.now()): number {
  const agoMs = parseDuration(text);
  if (agoMs !== undefined) return nowMs - agoMs;
  const isTime = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/i.test(
    text.trim(),
  );
  const hasZone = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(text.trim()) || text.trim().length === 10;
  const ms = isTime ? Date.parse(`${text.trim().replace(" ", "T")}${hasZone ? "" : "Z"}`) : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  throw new InvalidArgumentError("It must be a time such as 2026-11-21T10:00:00Z or an age such as 2h.");
}

/** A duration in milliseconds. */
export function durationValue(minMs: number): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text);
    if (ms === undefined || ms < minMs)
      throw new InvalidArgumentError(`It must be a duration such as 2s or 1m, at least ${minMs} ms.`);
    return ms;
  };
}
