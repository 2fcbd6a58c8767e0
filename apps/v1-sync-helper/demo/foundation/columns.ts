// SPDX-License-Identifier: MIT
import { encode } from "@msgpack/msgpack";
import { type Committee, type Member, type Project, stamped, type V1Object } from "./v1-object.ts";

type Columns = Readonly<Record<string, unknown>>;

/** The value of a record in the bucket, as v1's extraction writes it, flaws included. */
export function encodeObject(object: V1Object, atMs: number): Uint8Array {
  if (object.flaw === "empty") return new Uint8Array();
  const columns = columnsOf(object, atMs);
  const bytes = object.form === "json" ? Buffer.from(JSON.stringify(columns)) : encode(columns);
  return object.flaw === "cut" ? bytes.subarray(0, Math.floor(bytes.length / 2)) : bytes;
}

/** v1's columns, in the generation of the record. */
export function columnsOf(object: V1Object, atMs: number): Columns {
  const at = new Date(atMs).toISOString();
  return {
    sfid: object.id,
    ...own(object),
    lastmodifiedbyid: object.editor.id,
    lastmodifieddate: at,
    ...(object.removal === "marked" && { _sdc_deleted_at: at }),
  };
}

function own(object: V1Object): Columns {
  switch (object.kind) {
    case "project":
      return object.generation === "newer" ? newerProject(object) : olderProject(object);
    case "committee":
      return committee(object);
    case "member":
      return member(object);
  }
}

function sharedProject({ fields, edition, flaw }: Project): Columns {
  return {
    name: fields.name,
    slug__c: flaw === "slug" ? `9-${fields.slug}` : fields.slug,
    description__c: stamped(fields.purpose, edition),
    public__c: fields.isPublic,
    parent_project__c: fields.parentId ?? null,
    ...(fields.isCrowdfunded && { model__c: "Crowdfunding" }),
  };
}

/** As v1 had it first: slugs in any case, dates with a time. */
function olderProject(project: Project): Columns {
  const { fields } = project;
  const shared = sharedProject(project);
  return {
    ...shared,
    slug__c: String(shared["slug__c"]).toUpperCase(),
    formation_date__c: `${fields.formedOn}T00:00:00.000+0000`,
    legal_entity_name__c: fields.legalName,
    stage__c: fields.stage,
    website_url__c: fields.website,
  };
}

/** As v1 has it now: other names, addresses without a scheme. */
function newerProject(project: Project): Columns {
  const { fields } = project;
  return {
    ...sharedProject(project),
    start_date__c: fields.formedOn,
    project_entity_name__c: fields.legalName,
    project_status__c: fields.stage,
    website__c: fields.website.replace("https://", ""),
  };
}

function committee({ fields, edition }: Committee): Columns {
  return {
    mailing_list__c: fields.name,
    project_name__c: fields.projectId,
    description__c: stamped(fields.purpose, edition),
    type__c: fields.type,
    enable_voting__c: fields.isVoting,
    public_enabled: fields.isPublic,
    committee_website__c: fields.website,
  };
}

function member({ fields, edition, flaw }: Member): Columns {
  return {
    collaboration_name__c: fields.committeeId,
    contactemail__c: flaw === "address" ? null : fields.person.email,
    contact_name__c: fields.person.id,
    account__c: fields.organization.id,
    title: stamped(fields.title, edition),
    role__c: fields.role,
    status__c: "Active",
    ...(fields.isVoting && { voting_status__c: "Voting Rep" }),
  };
}
