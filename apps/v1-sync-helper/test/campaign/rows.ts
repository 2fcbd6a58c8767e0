// SPDX-License-Identifier: MIT
import { organizations, users } from "./people.ts";
import type { Chance } from "./random.ts";
import { type Columns, trace, v1Key } from "./v1-object.ts";

/** What stays the same through the life of a row. */
export interface Base {
  readonly id: string;
  /** Number among its kind. */
  readonly n: number;
}

export interface ProjectBase extends Base {
  /** Possible parents; none: below ROOT. */
  readonly parents: readonly string[];
  /** Column names of the older generation. */
  readonly isOld: boolean;
  readonly funding: "Crowdfunding" | "Membership" | "any";
  readonly slug: string;
}

export interface CommitteeBase extends Base {
  readonly projectId: string;
}

export interface MemberBase extends Base {
  readonly committees: readonly { readonly id: string; readonly projectId: string }[];
}

const stages = ["Formation - Exploratory", "Formation - Engaged", "Active", "Prospect", null];
const entityTypes = ["Subproject", "Incorporated Entity", "Series LLC", "None", null];
const both = "Technical Oversight Committee/Technical Advisory Committee";
const types = ["Board", "Working Group", "Legal Committee", both, "Something of its own", null];
const roles = ["Chair", "Director", "Lead", "None", "Counsel", null];
const appointments = ["Community", "Vote of TSC Committee", "None", "By lot", null];
const votes = ["Voting Rep", "Observer", "None", null];
const startMs = Date.UTC(2026, 0, 1);

/** When the revision was made in v1. */
export function editedAt(revision: number): string {
  return new Date(startMs + revision * 60_000).toISOString();
}

function day(chance: Chance): string {
  return `20${10 + chance.below(15)}-0${1 + chance.below(9)}-1${chance.below(9)}`;
}

/** Of somebody without a username v1 is as good as silent, and v2 keeps what it has: that would depend on the order. */
const contacts = [...users].filter(([, { Username }]) => Username !== "").map(([id]) => id);

function orNull<T>(chance: Chance, value: T): T | null {
  return chance.hits(0.2) ? null : value;
}

function editing(revision: number, editor: string | null): Columns {
  return {
    lastmodifiedbyid: editor,
    createddate: "2025-06-01T00:00:00.000Z",
    lastmodifieddate: editedAt(revision),
    _sdc_received_at: editedAt(revision),
  };
}

/** A row of `salesforce-project__c`, with all of its columns, as v1 always writes them. */
export function projectRow(
  base: ProjectBase,
  chance: Chance,
  revision: number,
  editor: string | null,
): Columns {
  const { id, n, isOld, funding, parents, slug } = base;
  const model = funding === "any" ? chance.pick(["Membership", "Membership;Crowdfunding", null]) : funding;
  return {
    sfid: id,
    name: `Project ${n} “${chance.below(3)}” – ünï`,
    slug__c: chance.hits(0.2) ? ` ${slug.toUpperCase()} ` : slug,
    description__c: trace(v1Key("project", id), revision),
    mission_statement: trace(v1Key("project", id), revision),
    // By the rule of v2 where it is not there; a parent's own would make that depend on the order of arrival.
    ...((parents.length > 0 || n % 2 === 0) && { public__c: chance.hits(0.5) }),
    [isOld ? "start_date__c" : "formation_date__c"]: orNull(chance, `${day(chance)}T00:00:00.000Z`),
    [isOld ? "project_entity_name__c" : "legal_entity_name__c"]: orNull(chance, `Entity ${chance.below(9)}`),
    [isOld ? "category__c" : "legal_entity_type__c"]: chance.pick(entityTypes),
    [isOld ? "project_logo__c" : "logo_url__c"]: orNull(chance, `https://example.org/${chance.below(9)}.svg`),
    [isOld ? "repositoryurl__c" : "repository_url__c"]: orNull(
      chance,
      `example.org/repository/${chance.below(9)}`,
    ),
    [isOld ? "project_status__c" : "stage__c"]: chance.pick(stages),
    [isOld ? "website__c" : "website_url__c"]: chance.pick(["nil", `http://p${n}.example.org/`, null]),
    admin_category__c: chance.pick(["Sandbox", "Graduated", "of no kind", null]),
    model__c: model,
    parent_project__c: parents.length === 0 ? null : chance.pick(parents),
    expected_announcement_date__c: orNull(chance, day(chance)),
    ...editing(revision, editor),
  };
}

/** A row of `platform-collaboration__c`. */
export function committeeRow(
  base: CommitteeBase,
  chance: Chance,
  revision: number,
  editor: string | null,
): Columns {
  const { id, n, projectId } = base;
  const kindOfName = chance.pick(["Committee", "Advisory Board", "TAC"]);
  return {
    sfid: id,
    // Half of the revisions rename it.
    mailing_list__c: chance.hits(0.5) ? `Committee ${n}` : `${kindOfName} ${n} v${revision}`,
    project_name__c: projectId,
    description__c: trace(v1Key("committee", id), revision),
    enable_voting__c: false,
    type__c: chance.pick(types),
    public_enabled: chance.hits(0.5),
    committee_website__c: chance.pick([`https://c${n}.example.org`, `c${n}.example.net/x`, "nil", null]),
    sso_group_enabled: chance.hits(0.3),
    is_audit: chance.hits(0.5),
    public_name: orNull(chance, `The ${n}th`),
    join_mode: chance.pick(["open", "closed", null]),
    chat_channel: orNull(chance, `#c${n}`),
    business_email_required__c: false,
    ...editing(revision, editor),
  };
}

/** A row of `platform-community__c`. */
export function memberRow(
  base: MemberBase,
  chance: Chance,
  revision: number,
  editor: string | null,
): Columns {
  const { id, n, committees } = base;
  const committee = chance.hits(0.8) ? committees[0] : chance.pick(committees);
  if (committee === undefined) throw new RangeError(`the member ${id} has no committee`);
  return {
    sfid: id,
    contactemail__c: chance.hits(0.85) ? `member${n}@example.org` : ` Member${n}.v${revision}@example.org `,
    collaboration_name__c: committee.id,
    project_name__c: committee.projectId,
    contact_name__c: orNull(chance, chance.pick(contacts)),
    account__c: orNull(chance, chance.pick([...organizations.keys()])),
    title: trace(v1Key("member", id), revision),
    role__c: chance.pick(roles),
    start_date__c: orNull(chance, `${day(chance)} 00:00:00`),
    end_date__c: orNull(chance, day(chance)),
    appointed_by__c: chance.pick(appointments),
    status__c: chance.pick(["Active", "Inactive", null]),
    voting_status__c: chance.pick(votes),
    voting_start_date__c: orNull(chance, day(chance)),
    country: orNull(chance, "NZ"),
    ...editing(revision, editor),
  };
}
