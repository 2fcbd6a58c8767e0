// SPDX-License-Identifier: Apache-2.0

/** What the auth service knows of a person. */
export interface Person {
  readonly username: string;
  readonly name?: string;
  readonly givenName?: string;
  readonly familyName?: string;
  readonly picture?: string;
}

/** The directory of people by e-mail address; addresses are compared trimmed and in lower case. */
export class Directory {
  readonly #people = new Map<string, Person>();

  constructor(people: Readonly<Record<string, Person>> = {}) {
    for (const [email, person] of Object.entries(people)) this.set(email, person);
  }

  set(email: string, person: Person): void {
    this.#people.set(normal(email), person);
  }

  delete(email: string): void {
    this.#people.delete(normal(email));
  }

  find(email: string): Person | undefined {
    return this.#people.get(normal(email));
  }
}

function normal(email: string): string {
  return email.trim().toLowerCase();
}

/** The id of 18 characters that stands for an id; `undefined` where there is no such one. Throwing is no answer. */
export type OrganizationLookup = (id: string) => string | undefined;

/** Every id of 15 or 18 letters and digits is one. */
export const anyOrganization: OrganizationLookup = (id) => (id.length === 15 ? id + checksum(id) : id);

const CHECKSUM_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/** Salesforce's suffix: per five characters, a letter for which of them are capitals. */
function checksum(id: string): string {
  return [0, 5, 10].map((start) => CHECKSUM_LETTERS[capitals(id.slice(start, start + 5))] ?? "A").join("");
}

function capitals(chunk: string): number {
  let bits = 0;
  for (let index = 0; index < chunk.length; index++) if (/[A-Z]/.test(chunk[index] ?? "")) bits |= 1 << index;
  return bits;
}
