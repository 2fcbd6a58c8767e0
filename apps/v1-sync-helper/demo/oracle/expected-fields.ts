// SPDX-License-Identifier: MIT
import {
  type Committee,
  type Member,
  type Project,
  stamped,
  type V1Object,
} from "../foundation/v1-object.ts";
import { type Sight, uidOf } from "./sight.ts";

/** What v2 must say of an object, by the path of each field; written down here, not taken from the program's tables. */
export function expectedFields(object: V1Object, sight: Sight): Readonly<Record<string, unknown>> {
  switch (object.kind) {
    case "project":
      return project(object, sight);
    case "committee":
      return committee(object, sight);
    case "member":
      return member(object, sight);
  }
}

function project({ fields, edition }: Project, sight: Sight): Readonly<Record<string, unknown>> {
  const { parentId } = fields;
  return {
    name: fields.name,
    slug: fields.slug,
    description: stamped(fields.purpose, edition),
    public: fields.isPublic,
    stage: fields.stage,
    formation_date: fields.formedOn,
    legal_entity_name: fields.legalName,
    website_url: fields.website,
    parent_uid: parentId === undefined ? sight.rootUid : uidOf({ kind: "project", id: parentId }, sight),
    "funding_model.0": fields.isCrowdfunded ? "Crowdfunding" : undefined,
  };
}

function committee({ fields, edition }: Committee, sight: Sight): Readonly<Record<string, unknown>> {
  return {
    name: fields.name,
    project_uid: uidOf({ kind: "project", id: fields.projectId }, sight),
    description: stamped(fields.purpose, edition),
    category: fields.category,
    enable_voting: fields.isVoting,
    public: fields.isPublic,
    website: fields.website,
  };
}

function member({ fields, edition }: Member, sight: Sight): Readonly<Record<string, unknown>> {
  const { person, organization } = fields;
  return {
    committee_uid: uidOf({ kind: "committee", id: fields.committeeId }, sight),
    email: person.email,
    username: person.username,
    first_name: person.givenName,
    last_name: person.familyName,
    job_title: stamped(fields.title, edition),
    "role.name": fields.role,
    status: "Active",
    "voting.status": fields.isVoting ? "Voting Rep" : "",
    "organization.name": organization.name,
    "organization.website": `http://${organization.domain}`,
  };
}

/** The value at `role.name`. */
export function fieldAt(data: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => {
    return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  }, data);
}
