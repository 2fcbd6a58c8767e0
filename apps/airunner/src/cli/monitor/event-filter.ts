// SPDX-License-Identifier: Apache-2.0
import type { EventType } from "../../gen/job/v1/job_pb.ts";
import { UsageError } from "../context.ts";
import { eventTypeName, eventTypes, parseEventType } from "../text/names.ts";

/**
 * Reads event types by number or name, between commas.
 * @throws {UsageError} that lists them all
 */
export function parseEventFilter(texts: readonly string[]): readonly EventType[] {
  const words = texts.flatMap((text) => text.split(",")).filter((word) => word.trim() !== "");
  return words.map((word) => {
    const type = parseEventType(word);
    if (type !== undefined) return type;
    const known = eventTypes.map((one) => `${one} ${eventTypeName(one)}`).join(", ");
    throw new UsageError(
      `--event-filter has ${JSON.stringify(word.slice(0, 40))}, which is none; use numbers or names out of ${known}`,
    );
  });
}
