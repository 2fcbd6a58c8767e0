// SPDX-License-Identifier: MIT

/** Who changed a record in v1, and as whom v2 must be told. */
export interface Editor {
  /** v1's `lastmodifiedbyid`. */
  readonly id: string;
  readonly kind: "person" | "machine" | "unknown";
  readonly principal: string;
  readonly sub: string;
  readonly email: string | undefined;
  readonly onBehalfOf: string | undefined;
}

export interface Person {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly givenName: string;
  readonly familyName: string;
}

export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly domain: string;
}

export interface ProjectFields {
  readonly name: string;
  readonly slug: string;
  readonly purpose: string;
  readonly isPublic: boolean;
  readonly stage: string;
  /** `YYYY-MM-DD`. */
  readonly formedOn: string;
  readonly legalName: string;
  /** With its scheme. */
  readonly website: string;
  /** v2 lets a project be deleted only when it lives from crowdfunding alone. */
  readonly isCrowdfunded: boolean;
  /** Id of the project above; `undefined`: v2's root is above. */
  readonly parentId: string | undefined;
}

export interface CommitteeFields {
  readonly name: string;
  readonly projectId: string;
  readonly purpose: string;
  /** v1's word. */
  readonly type: string;
  /** v2's word. */
  readonly category: string;
  readonly isVoting: boolean;
  readonly isPublic: boolean;
  readonly website: string;
}

export interface MemberFields {
  readonly committeeId: string;
  readonly person: Person;
  readonly organization: Organization;
  readonly title: string;
  readonly role: string;
  readonly isVoting: boolean;
}

/** What is wrong with a record as it stands in the bucket. */
export type Flaw =
  /** The slug begins with a digit. */
  | "slug"
  /** The value has no bytes. */
  | "empty"
  /** The second half of the value is missing. */
  | "cut"
  /** A member without an e-mail address. */
  | "address"
  /** Nothing in the record itself: another project has its slug. */
  | "taken";

export type Removal = "marked" | "deleted" | "purged";

interface Versioned {
  /** v1's own id. */
  readonly id: string;
  /** From 1; stands at the end of the text that v2 gets. */
  readonly edition: number;
  readonly editor: Editor;
  readonly form: "json" | "msgpack";
  /** Which generation of v1's column names the record has. */
  readonly generation: "older" | "newer";
  readonly flaw?: Flaw | undefined;
  readonly removal?: Removal;
}

export type Project = Versioned & { readonly kind: "project"; readonly fields: ProjectFields };
export type Committee = Versioned & { readonly kind: "committee"; readonly fields: CommitteeFields };
export type Member = Versioned & { readonly kind: "member"; readonly fields: MemberFields };

/** An edition of a record of v1, as people mean it: without v1's columns and without v2's fields. */
export type V1Object = Project | Committee | Member;

const streams = {
  project: "salesforce-project__c",
  committee: "platform-collaboration__c",
  member: "platform-community__c",
} as const satisfies Record<V1Object["kind"], string>;

/** Its key in the bucket `v1-objects`. */
export function keyOf({ kind, id }: Pick<V1Object, "kind" | "id">): string {
  return `${streams[kind]}.${id}`;
}

/** The id of what must be in v2 before it. */
export function parentIdOf(object: V1Object): string | undefined {
  switch (object.kind) {
    case "project":
      return object.fields.parentId;
    case "committee":
      return object.fields.projectId;
    case "member":
      return object.fields.committeeId;
  }
}

/** `Messages that arrive. (3)`: the text of an edition, by which v2's content is dated. */
export function stamped(text: string, edition: number): string {
  return `${text} (${edition})`;
}

/** The edition in such a text. */
export function editionIn(text: unknown): number | undefined {
  const [, edition] = typeof text === "string" ? (/\((\d+)\)$/.exec(text) ?? []) : [];
  return edition === undefined ? undefined : Number(edition);
}
