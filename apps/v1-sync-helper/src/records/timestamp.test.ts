// SPDX-License-Identifier: MIT
import { test } from "vitest";
import { formatTimestamp, isDate, parseTimestamp } from "./timestamp.ts";

test.for([
  ["2025-12-01T10:00:00.000000+00:00", "2025-12-01T10:00:00Z"],
  ["2025-12-01T10:00:00Z", "2025-12-01T10:00:00Z"],
  ["2025-12-01T10:00:00.5Z", "2025-12-01T10:00:00.500Z"],
  ["2025-12-01T10:00:00", "2025-12-01T10:00:00Z"],
  ["2025-12-01 10:00:00.123456", "2025-12-01T10:00:00.123Z"],
  ["2025-12-01T12:00:00+02:00", "2025-12-01T10:00:00Z"],
  ["2025-12-01T05:00:00.000-0500", "2025-12-01T10:00:00Z"],
  ["2025-12-01 10:00:00+00", "2025-12-01T10:00:00Z"],
  ["2025-12-01", "2025-12-01T00:00:00Z"],
] as const)("%s is %s", ([text, expected], { expect }) => {
  const milliseconds = parseTimestamp(text);
  expect(milliseconds === undefined ? undefined : formatTimestamp(milliseconds)).toBe(expected);
});

test.for(["", "yesterday", "2025-02-30T00:00:00Z", "2025-12-01T25:00:00Z", "1733047200"])(
  "%s is no point in time",
  (text, { expect }) => {
    expect(parseTimestamp(text)).toBeUndefined();
  },
);

test.for([
  ["2024-02-29", true],
  ["2023-02-29", false],
  ["2024-13-01", false],
  ["2024-1-1", false],
  ["nil", false],
] as const)("%s: a date is %s", ([text, expected], { expect }) => {
  expect(isDate(text)).toBe(expected);
});
