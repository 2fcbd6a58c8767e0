// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from "commander";
import type { EventType } from "../gen/job/v1/job_pb.ts";
import { parseGoDuration } from "./text/go-duration.ts";
import { eventTypeName, eventTypes, parseEventType } from "./text/names.ts";

/** Reads the value of an option that takes a whole number. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text.trim()) || !Number.isSafeInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** Reads a duration as Go writes it, or a number of seconds; gives milliseconds. */
export function duration(minMs: number): (text: string) => number {
  return (text) => {
    const ms = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) * 1000 : parseGoDuration(text);
    if (ms === undefined || ms < minMs) {
      throw new InvalidArgumentError(
        `It must be a duration such as 90s, 5m or 1h30m${minMs > 0 ? `, at least ${minMs} ms` : ""}.`,
      );
    }
    return ms;
  };
}

/** Gathers the values of an option that may be given several times. */
export function repeated(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, text];
}

/** Reads event types by number or name, between commas. */
export function eventTypeList(text: string, previous: readonly EventType[] = []): readonly EventType[] {
  const types = text.split(",").map((word) => {
    const type = parseEventType(word);
    if (type === undefined) {
      const names = eventTypes.map((known) => `${known} ${eventTypeName(known)}`).join(", ");
      throw new InvalidArgumentError(`Use numbers or names out of: ${names}.`);
    }
    return type;
  });
  return [...previous, ...types];
}
