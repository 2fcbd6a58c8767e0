// SPDX-License-Identifier: MIT
import type { Mapping } from "../../mappings/mapping-key.ts";
import type { Plan } from "../../objects/plan.ts";
import type { JsonObject } from "../../records/json.ts";
import { appliedWith, expectPlan, FakeWorld, recordOf, subjectOf } from "../../testing/fake-world.ts";
import { createMemberType } from "../member-type.ts";

export const type = createMemberType();
export const id = "77aa0000-0000-4000-8000-000000000001";
export const committeeId = "5f0c3a3e-0000-4000-8000-000000000001";
export const contactId = "0034100001XyZaaAAF";
export const accountId = "0014100000Te0OKAAZ";
export const committeeUid = "44444444-4444-4444-8444-444444444444";
export const otherUid = "55555555-5555-4555-8555-555555555555";
export const uid = "77777777-7777-4777-8777-777777777777";
export const path = `/committees/${committeeUid}/members/${uid}?v=1`;

export function worldWithCommittee(): FakeWorld {
  const world = new FakeWorld().map("committee", committeeId, committeeUid).map("committee", "C2", otherUid);
  world.people.set(contactId, {
    username: "jdoe",
    email: "jane@example.org",
    firstName: "Jane",
    lastName: "Doe",
  });
  world.organizations.set(accountId, { id: accountId, name: "Example Inc", domain: "example.org" });
  return world;
}

export const minimal = { collaboration_name__c: committeeId, contactemail__c: "jane@example.org" };

export function create(columns: JsonObject, world = worldWithCommittee()): Promise<Plan> {
  return type.plan(subjectOf("member", id), recordOf(columns), world);
}

export const inV2 = {
  uid,
  committee_uid: committeeUid,
  committee_name: "Example TAC",
  committee_category: "Other",
  email: "jane@example.org",
  username: "jdoe",
  first_name: "Jane",
  last_name: "Doe",
  linkedin_profile: "https://linkedin.com/in/jdoe",
  appointed_by: "Community",
  status: "Active",
  role: { name: "Chair", start_date: "2024-01-01", end_date: null },
  voting: { status: "None", start_date: null, end_date: null },
  organization: { id: accountId, name: "Example Inc", website: "http://example.org" },
  created_at: "2025-01-01T00:00:00Z",
  updated_at: "2025-01-01T00:00:00Z",
};
export const mapped: Mapping = { state: "mapped", uid, committeeUid };

interface Update {
  readonly current?: JsonObject;
  readonly mapping?: Mapping;
  readonly sent?: string;
  readonly world?: FakeWorld;
}

export function update(
  columns: JsonObject,
  { current = inV2, mapping = mapped, sent, world = worldWithCommittee() }: Update = {},
) {
  world.hold(path, current);
  const more = sent === undefined ? {} : { applied: appliedWith(sent) };
  return type.plan(subjectOf("member", id, mapping, more), recordOf(columns), world);
}

export async function updated(columns: JsonObject, options?: Update) {
  const plan = expectPlan(await update(columns, options), "update");
  return { ...plan, body: plan.calls[0].body ?? {}, changes: plan.calls[0].changes };
}
