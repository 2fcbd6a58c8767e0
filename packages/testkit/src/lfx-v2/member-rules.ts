// SPDX-License-Identifier: Apache-2.0
import { badRequest } from "./api-error.ts";
import type { Person } from "./directory.ts";
import { type JsonObject, objectOf, textOf } from "./json.ts";
import type { Call } from "./operation.ts";
import type { State } from "./state.ts";
import { lookupKeys } from "./store.ts";

/** MR4: an id that cannot be an organization's is blanked in silence; a known one gets its long form. */
export function organizationFrom({ body, state }: Call): JsonObject {
  const sent = objectOf(body, "organization") ?? {};
  const id = textOf(sent, "id");
  const parts = { name: textOf(sent, "name"), website: textOf(sent, "website") };
  if (!/^([A-Za-z0-9]{15}|[A-Za-z0-9]{18})$/.test(id)) return { id: "", ...parts };
  try {
    return { id: state.organizations(id) ?? "", ...parts };
  } catch {
    // The look-up did not answer: the id stays as it was sent.
    return { id, ...parts };
  }
}

/**
 * MR2, MR3.
 *
 * @param storedStatus the voting status that the member has already; "" on a create
 * @throws {ApiError} 400
 */
export function refuseMember(
  { store }: State,
  committeeUid: string,
  organization: JsonObject,
  votingStatus: string,
  storedStatus: string,
): void {
  const isVoting = store.committees.get(committeeUid)?.data["enable_voting"] === true;
  const settings = store.committeeSettings.get(committeeUid)?.data;
  const needsOrganization = isVoting || settings?.["business_email_required"] === true;
  const isNamed = textOf(organization, "name") !== "" && textOf(organization, "website") !== "";
  if (needsOrganization && textOf(organization, "id") === "" && !isNamed)
    throw badRequest(
      "organization id or organization name and domain are required when business email is required or voting is enabled",
    );
  if (isVoting && votingStatus === "None" && storedStatus !== "None")
    throw badRequest('voting_status "None" is not allowed on voting-enabled committees');
}

/** MR6: the person behind the address; nobody when the directory does not answer. */
export function personOf({ state, body, hasDirectory, skipsEnrichment }: Call): Person | undefined {
  return skipsEnrichment || !hasDirectory ? undefined : state.directory.find(textOf(body, "email"));
}

/** The look-up keys of a member, but for the one that reserves its address. */
export function keysOf(member: JsonObject): readonly string[] {
  const uid = textOf(member, "uid");
  const organizationId = textOf(objectOf(member, "organization"), "id");
  const username = textOf(member, "username");
  return [
    lookupKeys.byCommittee(textOf(member, "committee_uid"), uid),
    lookupKeys.byEmail(textOf(member, "email"), uid),
    ...(organizationId === "" ? [] : [lookupKeys.byOrganization(organizationId, uid)]),
    ...(username === "" ? [] : [lookupKeys.byUsername(username, uid)]),
  ];
}
