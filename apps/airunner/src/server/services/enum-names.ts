// SPDX-License-Identifier: Apache-2.0
import { EventType, JobState } from "../../gen/job/v1/job_pb.ts";

/** Names by number, as metrics and logs write them: `output_batch`, `completed`. */
function namesOf(values: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(values).map(([name, value]) => [value, name.toLowerCase()]));
}

const stateNames = namesOf(JobState);
const eventTypeNames = namesOf(EventType);

export function stateName(state: JobState): string {
  return stateNames.get(state) ?? "unknown";
}

export function eventTypeName(type: EventType): string {
  return eventTypeNames.get(type) ?? "unknown";
}
