// SPDX-License-Identifier: Apache-2.0
import { AttemptState, EventType, JobState, ResultReason } from "../../gen/job/v1/job_pb.ts";

/** `JobState.RUNNING` as `running`; a number that this program does not know as `unknown`. */
export function jobStateName(state: JobState): string {
  return nameOf(JobState, state);
}

export function attemptStateName(state: AttemptState): string {
  return nameOf(AttemptState, state);
}

/** As `timed out`. */
export function reasonName(reason: ResultReason): string {
  return nameOf(ResultReason, reason).replaceAll("_", " ");
}

/** As `process_start`. */
export function eventTypeName(type: EventType): string {
  return nameOf(EventType, type);
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  const found = Object.entries(names).find(([, number]) => number === value);
  return found === undefined ? "unknown" : found[0].toLowerCase();
}

const states: ReadonlyMap<string, JobState> = new Map<string, JobState>([
  ["scheduled", JobState.SCHEDULED],
  ["running", JobState.RUNNING],
  ["completed", JobState.COMPLETED],
  ["failed", JobState.FAILED],
  ["cancelled", JobState.CANCELLED],
  ["canceled", JobState.CANCELLED],
]);

/** The state that a person means, in any case; `undefined` for text that is none. */
export function parseJobState(text: string): JobState | undefined {
  return states.get(text.trim().toLowerCase());
}

/** Every type but UNSPECIFIED. */
export const eventTypes: readonly EventType[] = Object.values(EventType).filter(
  (type) => type !== EventType.UNSPECIFIED,
);

/** A number or a name: `2`, `process_end`, `PROCESS_END`, `EVENT_TYPE_PROCESS_END`, `process-end`. */
export function parseEventType(text: string): EventType | undefined {
  const compact = text.trim();
  if (/^\d+$/.test(compact)) return eventTypes.find((type) => type === Number(compact));
  const name = compact
    .toLowerCase()
    .replaceAll("-", "_")
    .replace(/^event_type_/, "");
  return eventTypes.find((type) => eventTypeName(type) === name);
}
