// SPDX-License-Identifier: Apache-2.0
import { formatCount } from "@repo/tools/stage";
import { z } from "zod";

/** `the same`, or where two byte strings part. */
export function compareBytes(expected: Uint8Array, actual: Uint8Array): string {
  if (Buffer.compare(expected, actual) === 0) return "the same";
  const shorter = Math.min(expected.length, actual.length);
  let at = 0;
  while (at < shorter && expected[at] === actual[at]) at += 1;
  if (at < shorter) return `different at byte ${formatCount(at)}`;
  return actual.length < expected.length
    ? `cut short after ${formatCount(at)} bytes`
    : `${formatCount(actual.length - at)} bytes too long`;
}

export interface NumberedOutput {
  readonly sequence: number;
  readonly bytes: Buffer;
}

const outputLine = z
  .object({
    type: z.literal("output"),
    sequence: z.number(),
    text: z.string().optional(),
    base64: z.string().optional(),
  })
  .transform(({ sequence, text, base64 }) => ({
    sequence,
    bytes: base64 === undefined ? Buffer.from(text ?? "") : Buffer.from(base64, "base64"),
  }));

/** The pieces of output in what `monitor --json` printed, with their numbers. */
export function readOutputs(json: string): readonly NumberedOutput[] {
  return json
    .split("\n")
    .filter((line) => line.startsWith('{"type":"output"'))
    .map((line) => outputLine.parse(JSON.parse(line)));
}

/** What a reader gets that starts at `sequence`. */
export function bytesFrom(outputs: readonly NumberedOutput[], sequence: number): Buffer {
  return Buffer.concat(outputs.filter((output) => output.sequence >= sequence).map((output) => output.bytes));
}

/** A line of a job that begins with the moment of its writing: `1795188413123 unit 7`. */
export function readStamp(text: string): { readonly writtenAtMs: number; readonly text: string } | undefined {
  const [, stamp, rest] = /^(\d{13}) (.*)$/.exec(text) ?? [];
  return stamp === undefined || rest === undefined ? undefined : { writtenAtMs: Number(stamp), text: rest };
}

/** The middle one; 0 of none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** A command line as one could type it: words with blanks or quotes in quotes. */
export function shellLine(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}
