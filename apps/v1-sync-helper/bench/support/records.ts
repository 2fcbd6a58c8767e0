// SPDX-License-Identifier: MIT

/** A record of v1 as it is put into `v1-objects`: its key, and JSON text of about 1.5 kB. */
export type Entry = readonly [key: string, value: string];

const editors = 20;
const persons = 200;

/** Ids of v1's users that the records name. */
export const people: readonly string[] = [
  ...Array.from({ length: editors }, (_, n) => editor(n)),
  ...Array.from({ length: persons }, (_, n) => person(n)),
];

function editor(n: number): string {
  return `00341000ED${String(n % editors).padStart(5, "0")}AAF`;
}

function person(n: number): string {
  return `00341000PE${String(n % persons).padStart(5, "0")}AAF`;
}

export function projectId(n: number | string): string {
  return `a0941${String(n).padStart(10, "0")}AAA`;
}

export function committeeId(n: number): string {
  return `a0A41${String(n).padStart(10, "0")}AAA`;
}

/** Columns that v1 has and v2 does not know: a real record is mostly made of them. */
const ballast = Object.fromEntries(
  Array.from({ length: 40 }, (_, n) => [`custom_${n}__c`, n % 3 === 0 ? null : `value of column ${n}`]),
);

function entry(stream: string, sfid: string, n: number, fields: object): Entry {
  const record = {
    sfid,
    ...fields,
    ...ballast,
    createddate: "2024-03-05T10:11:12.000Z",
    lastmodifieddate: "2026-11-21T10:11:12.000Z",
    lastmodifiedbyid: editor(n),
    _sdc_extracted_at: "2026-11-21T10:11:13.000Z",
    _sdc_deleted_at: null,
  };
  return [`${stream}.${sfid}`, JSON.stringify(record)];
}

export interface ProjectOptions {
  /** v1's id of the parent; default: none. */
  readonly parent?: string;
}

export function projectEntry(n: number, text: string, { parent }: ProjectOptions = {}): Entry {
  const sfid = projectId(n);
  return entry("salesforce-project__c", sfid, n, {
    name: `Project ${n}`,
    slug__c: `project-${n}`,
    description__c: text,
    public__c: true,
    stage__c: "Active",
    category__c: "Subproject",
    admin_category__c: "Sandbox",
    model__c: "Membership",
    website__c: `https://project-${n}.example.org`,
    project_logo__c: `https://project-${n}.example.org/logo.svg`,
    repositoryurl__c: `https://git.example.org/project-${n}`,
    start_date__c: "2024-03-05",
    ...(parent !== undefined && { parent_project__c: parent }),
  });
}

export function committeeEntry(n: number, text: string, project: string): Entry {
  return entry("platform-collaboration__c", committeeId(n), n, {
    mailing_list__c: `committee-${n}`,
    project_name__c: project,
    description__c: text,
    type__c: "Technical Steering Committee",
    enable_voting__c: false,
    public_enabled: true,
  });
}

export function memberEntry(n: number, title: string, committee: string, project: string): Entry {
  return entry("platform-community__c", `a0B41${String(n).padStart(10, "0")}AAA`, n, {
    collaboration_name__c: committee,
    project_name__c: project,
    contactemail__c: `member-${n}@example.org`,
    contact_name__c: person(n),
    title,
    role__c: "Developer Seat",
    appointed_by__c: "Community",
    status__c: "Active",
    start_date__c: "2024-03-05",
  });
}
