// SPDX-License-Identifier: MIT
import type { Random } from "../random.ts";
import type { Editor, Organization, Person } from "./v1-object.ts";
import { companies, familyNames, givenNames } from "./words.ts";

/** Our own client at Auth0: what it changed in v1 came from v2. */
export const ownClient = "v1-sync-demo";

/** Who is there: people, the companies that they work for, and who edits records. */
export interface Cast {
  readonly people: readonly Person[];
  readonly organizations: readonly Organization[];
  /** People most of all, two machines, and an id that v1 itself does not know. */
  readonly editors: readonly Editor[];
}

const peopleCount = 48;
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Ids like Salesforce's: 18 letters and digits, none twice. */
export function createIds(random: Random): (prefix: string) => string {
  let count = 0;
  return (prefix) => {
    count += 1;
    const middle = Array.from({ length: 8 }, () => letters[random.below(letters.length)]).join("");
    return `${prefix}4${middle}${String(count).padStart(4, "0")}AA`;
  };
}

export function createCast(random: Random, newId: (prefix: string) => string): Cast {
  const names = givenNames.flatMap((given) => familyNames.map((family) => [given, family] as const));
  const people = random
    .shuffle(names)
    .slice(0, peopleCount)
    .map(([givenName, familyName]): Person => {
      const username = plain(`${givenName}.${familyName}`);
      return { id: newId("003"), username, email: `${username}@mail.example`, givenName, familyName };
    });
  const organizations = companies.map((name): Organization => {
    return { id: newId("001"), name, domain: `${plain(name).replaceAll(/[^a-z]+/g, "-")}.example` };
  });
  return { people, organizations, editors: createEditors(people.slice(0, 5), newId) };
}

function createEditors(people: readonly Person[], newId: (prefix: string) => string): readonly Editor[] {
  const persons = people.map(({ id, username, email }): Editor => {
    return { id, kind: "person", principal: username, sub: username, email, onBehalfOf: username };
  });
  return [...persons, machine("membership-import"), machine("landscape-bot"), unknown(newId("003"))];
}

function machine(name: string): Editor {
  const principal = `${name}@clients`;
  return { id: principal, kind: "machine", principal, sub: name, email: undefined, onBehalfOf: name };
}

/** What nobody known did is done in the program's own name. */
export function unknown(id: string): Editor {
  const principal = "v1_sync_helper@clients";
  return { id, kind: "unknown", principal, sub: "v1_sync_helper", email: undefined, onBehalfOf: undefined };
}

function plain(text: string): string {
  return text.normalize("NFKD").replaceAll("ø", "o").replaceAll(/\p{M}/gu, "").toLowerCase();
}
