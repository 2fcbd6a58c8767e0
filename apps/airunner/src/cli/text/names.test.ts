// SPDX-License-Identifier: Apache-2.0
import { fromBinary } from "@bufbuild/protobuf";
import { test } from "vitest";
import { EventType, JobSchema, JobState } from "../../gen/job/v1/job_pb.ts";
import { eventTypeName, eventTypes, jobStateName, parseEventType, parseJobState } from "./names.ts";

test("an event type is known by number and by every form of its name", ({ expect }) => {
  for (const text of ["2", "process_end", "PROCESS_END", "process-end", "EVENT_TYPE_PROCESS_END", " 2 "]) {
    expect(parseEventType(text)).toBe(EventType.PROCESS_END);
  }
  for (const text of ["", "0", "99", "-1", "unspecified", "end"])
    expect(parseEventType(text)).toBeUndefined();
  expect(eventTypes).toHaveLength(15);
  for (const type of eventTypes) expect(parseEventType(eventTypeName(type))).toBe(type);
});

test("a state is known in any case, and one of a later server by the word unknown", ({ expect }) => {
  expect(parseJobState("Running")).toBe(JobState.RUNNING);
  expect(parseJobState("canceled")).toBe(JobState.CANCELLED);
  expect(parseJobState("done")).toBeUndefined();
  expect(parseJobState("constructor")).toBeUndefined();
  expect(jobStateName(fromBinary(JobSchema, Uint8Array.of(3 << 3, 42)).state)).toBe("unknown");
});
