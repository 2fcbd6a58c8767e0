// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from "commander";
import { parseGoDuration } from "./text/go-duration.ts";

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
