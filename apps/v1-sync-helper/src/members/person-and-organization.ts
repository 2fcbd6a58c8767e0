// SPDX-License-Identifier: MIT
import { cut, fits, isAddress } from "../objects/rules.ts";
import type { Reading } from "../objects/table.ts";
import type { Organization, Person, World } from "../objects/world.ts";
import type { V1Record } from "../records/v1-record.ts";
import { organizationColumn, personColumn } from "./member-table.ts";

type Readings = ReadonlyMap<string, Reading>;

const nameCharacters = 100;
const organizationNameCharacters = 200;

/**
 * Who the member is, and for whom they sit there.
 *
 * @throws {UnavailableError} when a look-up failed
 */
export async function findPersonAndOrganization(record: V1Record, world: World): Promise<Readings> {
  const [personId, organizationId] = [idIn(record, personColumn), idIn(record, organizationColumn)];
  const [person, organization] = await Promise.all([
    personId === undefined || personId === "" ? undefined : world.person(personId),
    organizationId === undefined || organizationId === "" ? undefined : world.organization(organizationId),
  ]);
  return new Map([
    ...(personId === undefined ? [] : readPerson(personId, person)),
    ...(organizationId === undefined ? [] : readOrganization(organizationId, organization)),
  ]);
}

/** @returns `""` when the column is there and empty, `undefined` when it is not there */
function idIn(record: V1Record, column: string): string | undefined {
  const value = record.read([column])?.value;
  if (value === null) return "";
  return typeof value === "string" ? value.trim() : undefined;
}

const personFields = ["username", "first_name", "last_name"] as const;

function readPerson(id: string, person: Person | undefined): Readings {
  if (id === "") return all(personFields, { is: "cleared" });
  if (person === undefined) return all(personFields, { is: "left", why: "is nobody that v1 knows" });
  return new Map<string, Reading>([
    ["username", readUsername(person.username)],
    ["first_name", readName(person.firstName)],
    ["last_name", readName(person.lastName)],
  ]);
}

/** Usernames of v1 with blanks or `@` in them are no identifiers in v2. */
function readUsername(username: string): Reading {
  if (username === "") return { is: "left", why: "has no username" };
  return /^[^\s@]+$/.test(username) && fits(username, nameCharacters)
    ? { is: "value", value: username }
    : { is: "left", why: "has a username that v2 does not take" };
}

function readName(name: string | undefined): Reading {
  if (name === undefined || name === "") return { is: "cleared" };
  return { is: "value", value: cut(name, nameCharacters) };
}

const organizationFields = ["organization.id", "organization.name", "organization.website"] as const;

/**
 * Always read as a whole: the name of the organization before must not stay beside the id of the one after. The
 * committee service blanks an id that is no Salesforce id, so such a one is not sent.
 */
function readOrganization(id: string, organization: Organization | undefined): Readings {
  if (id === "") return all(organizationFields, { is: "cleared" });
  const known: Reading = /^[a-z0-9]{15}(?:[a-z0-9]{3})?$/i.test(id)
    ? { is: "value", value: id }
    : { is: "cleared", why: "is no Salesforce id: organization.id is emptied" };
  if (organization === undefined)
    return new Map<string, Reading>([
      ["organization.id", known],
      ["organization.name", { is: "cleared", why: "is no organization that v1 knows: its name is emptied" }],
      ["organization.website", { is: "cleared" }],
    ]);
  const { name, domain } = organization;
  return new Map<string, Reading>([
    ["organization.id", known],
    [
      "organization.name",
      name ? { is: "value", value: cut(name, organizationNameCharacters) } : { is: "cleared" },
    ],
    ["organization.website", readDomain(domain)],
  ]);
}

function readDomain(domain: string | undefined): Reading {
  if (domain === undefined || domain === "") return { is: "cleared" };
  const website = `http://${domain}`;
  return isAddress(website)
    ? { is: "value", value: website }
    : { is: "cleared", why: "has a domain that makes no web address: organization.website is emptied" };
}

function all(fields: readonly string[], reading: Reading): Readings {
  return new Map(fields.map((field) => [field, reading]));
}
