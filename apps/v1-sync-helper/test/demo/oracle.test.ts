// SPDX-License-Identifier: MIT
import type { Write } from "@repo/testkit/lfx-v2";
import { describe, test } from "vitest";
import { Book } from "../../demo/foundation/book.ts";
import type { Committee, Editor, Member, Project } from "../../demo/foundation/v1-object.ts";
import { compare } from "../../demo/oracle/compare.ts";
import { judgeWrites } from "../../demo/oracle/judge-writes.ts";
import type { Sight } from "../../demo/oracle/sight.ts";

const jane: Editor = {
  id: "0031",
  kind: "person",
  principal: "jane",
  sub: "jane",
  email: "jane@mail.example",
  onBehalfOf: "jane",
};
const bot: Editor = {
  id: "bot@clients",
  kind: "machine",
  principal: "bot@clients",
  sub: "bot",
  email: undefined,
  onBehalfOf: "bot",
};
const first = { edition: 1, editor: jane, form: "json", generation: "newer" } as const;

const project: Project = {
  ...first,
  kind: "project",
  id: "p1",
  fields: {
    name: "One",
    slug: "one",
    purpose: "First.",
    isPublic: true,
    stage: "Active",
    formedOn: "2020-01-02",
    legalName: "One LLC",
    website: "https://one.example/",
    isCrowdfunded: false,
    parentId: undefined,
  },
};
const committee: Committee = {
  ...first,
  kind: "committee",
  id: "c1",
  fields: {
    name: "Board",
    projectId: "p1",
    purpose: "Sits.",
    type: "Board",
    category: "Board",
    isVoting: false,
    isPublic: false,
    website: "https://one.example/board",
  },
};
const member: Member = {
  ...first,
  kind: "member",
  id: "m1",
  fields: {
    committeeId: "c1",
    person: { id: "0032", username: "ann", email: "ann@mail.example", givenName: "Ann", familyName: "Bee" },
    organization: { id: "0011", name: "Works", domain: "works.example" },
    title: "Clerk",
    role: "Chair",
    isVoting: false,
  },
};

const inV2 = {
  project: {
    uid: "P",
    revision: 1,
    data: {
      name: "One",
      slug: "one",
      description: "First. (1)",
      public: true,
      stage: "Active",
      formation_date: "2020-01-02",
      legal_entity_name: "One LLC",
      website_url: "https://one.example/",
      parent_uid: "ROOT",
    },
  },
  committee: {
    uid: "C",
    revision: 1,
    data: {
      name: "Board",
      project_uid: "P",
      description: "Sits. (1)",
      category: "Board",
      enable_voting: false,
      public: false,
      website: "https://one.example/board",
    },
  },
  member: {
    uid: "M",
    revision: 1,
    data: {
      committee_uid: "C",
      email: "ann@mail.example",
      username: "ann",
      first_name: "Ann",
      last_name: "Bee",
      job_title: "Clerk (1)",
      role: { name: "Chair" },
      status: "Active",
      voting: { status: "" },
      organization: { name: "Works", website: "http://works.example" },
    },
  },
} as const;

const nothing: Write = {
  sequence: 1,
  request: 1,
  atMs: 1,
  service: "project",
  method: "POST",
  resource: "project",
  uid: "P",
  principal: "jane",
  sub: "jane",
  email: "jane@mail.example",
  onBehalfOf: "jane",
  naturalKey: { kind: "project", slug: "one" },
  body: { description: "First. (1)" },
  unknown: {},
  revisionBefore: undefined,
  revisionAfter: 1,
  isLate: false,
  wasAnswered: true,
};
const created: readonly Write[] = [
  nothing,
  {
    ...nothing,
    resource: "committee",
    uid: "C",
    naturalKey: { kind: "committee", projectUid: "P", name: "Board" },
    body: { description: "Sits. (1)" },
  },
  {
    ...nothing,
    resource: "committee-member",
    uid: "M",
    naturalKey: { kind: "member", committeeUid: "C", email: "ann@mail.example" },
    body: { job_title: "Clerk (1)" },
  },
];

const sight: Sight = {
  rootUid: "ROOT",
  stored: { project: [inV2.project], committee: [inV2.committee], member: [inV2.member] },
  writes: created,
  mappings: new Map([
    ["project.sfid.p1", "P"],
    ["committee.sfid.c1", "C"],
    ["committee_member.sfid.m1", "C:M"],
  ]),
};

function newBook(): Book {
  const book = new Book();
  book.enter(project, committee, member);
  return book;
}

describe("both sides", () => {
  test("are equal when every field of every object is", ({ expect }) => {
    expect(compare(newBook(), sight)).toEqual({
      due: 3,
      exact: 3,
      kinds: { project: 1, committee: 1, member: 1 },
      surplus: 0,
      problems: [],
    });
  });

  test.for(Object.keys(inV2.member.data))("differ when a member's %s does", (field, { expect }) => {
    const data = { ...inV2.member.data, [field]: "other" };
    const wrong = { ...sight, stored: { ...sight.stored, member: [{ ...inV2.member, data }] } };
    expect(compare(newBook(), wrong)).toMatchObject({
      exact: 2,
      problems: [expect.stringContaining(field.split("_", 1)[0] ?? "")],
    });
  });

  test.for(Object.keys(inV2.project.data))("differ when a project's %s does", (field, { expect }) => {
    const data = { ...inV2.project.data, [field]: "other" };
    const wrong = { ...sight, stored: { ...sight.stored, project: [{ ...inV2.project, data }] } };
    expect(compare(newBook(), wrong)).toMatchObject({ exact: 2, problems: [expect.stringContaining(field)] });
  });

  test("differ when something is missing, too much, or not mapped", ({ expect }) => {
    const gone = { ...sight, stored: { ...sight.stored, committee: [] } };
    expect(compare(newBook(), gone).problems).toEqual([expect.stringContaining("v2 does not have")]);
    const extra = { ...sight.stored, member: [inV2.member, { ...inV2.member, uid: "X" }] };
    expect(compare(newBook(), { ...sight, stored: extra })).toMatchObject({ exact: 3, surplus: 1 });
    const mappings = new Map([...sight.mappings, ["committee_member.sfid.m1", "!del"]]);
    expect(compare(newBook(), { ...sight, mappings })).toMatchObject({ exact: 2, surplus: 1 });
  });

  test("a removed object must be gone", ({ expect }) => {
    const book = newBook();
    book.remove(member, jane, "marked");
    expect(compare(book, sight)).toMatchObject({ due: 2, exact: 2, surplus: 1 });
  });
});

describe("writes", () => {
  test("in the right name and order are without fault", ({ expect }) => {
    expect(judgeWrites(newBook(), sight)).toEqual({
      writes: 3,
      by: { person: 3, machine: 0, unknown: 0 },
      wrongAuthors: [],
      outOfOrder: [],
      twice: [],
    });
  });

  test.for(["principal", "sub", "email", "onBehalfOf"] as const)(
    "with another %s are found",
    (claim, { expect }) => {
      const writes = created.map((write, index) => (index === 1 ? { ...write, [claim]: "eve" } : write));
      expect(judgeWrites(newBook(), { ...sight, writes }).wrongAuthors).toHaveLength(1);
    },
  );

  test("each edition is in the name of who made it", ({ expect }) => {
    const book = newBook();
    book.edit(project, bot, { purpose: "Second." });
    const update: Write = { ...nothing, method: "PUT", body: { description: "Second. (2)" } };
    const byBot = { ...update, principal: "bot@clients", sub: "bot", email: undefined, onBehalfOf: "bot" };
    expect(judgeWrites(book, { ...sight, writes: [...created, byBot] }).wrongAuthors).toEqual([]);
    expect(judgeWrites(book, { ...sight, writes: [...created, update] }).wrongAuthors).toHaveLength(1);
  });

  test("of an older edition after a newer one, and second creates, are found", ({ expect }) => {
    const book = newBook();
    book.edit(project, jane);
    const newer: Write = { ...nothing, method: "PUT", body: { description: "First. (2)" } };
    const older: Write = { ...nothing, method: "PUT" };
    expect(judgeWrites(book, { ...sight, writes: [...created, newer, older] }).outOfOrder).toHaveLength(1);
    expect(judgeWrites(book, { ...sight, writes: [...created, older, newer] }).outOfOrder).toEqual([]);
    const again: Write = { ...nothing, uid: "Q" };
    expect(judgeWrites(book, { ...sight, writes: [...created, again] }).twice).toHaveLength(1);
  });

  test("about nothing that v1 knows are nobody's", ({ expect }) => {
    const stranger: Write = { ...nothing, uid: "Z", naturalKey: { kind: "project", slug: "z" } };
    expect(judgeWrites(newBook(), { ...sight, writes: [stranger] }).wrongAuthors).toHaveLength(1);
  });

  const removed: Write = { ...nothing, ...created[2], method: "DELETE", body: undefined };
  const bySelf: Write = {
    ...removed,
    principal: "v1_sync_helper@clients",
    sub: "v1_sync_helper",
    email: undefined,
    onBehalfOf: undefined,
  };

  test.for([
    ["marked", removed, bySelf],
    ["deleted", bySelf, removed],
    ["purged", bySelf, removed],
  ] as const)(
    "a delete of what is %s names who is known to have done it",
    ([how, right, wrong], { expect }) => {
      const book = newBook();
      book.remove(member, jane, how);
      expect(judgeWrites(book, { ...sight, writes: [...created, right] }).wrongAuthors).toEqual([]);
      expect(judgeWrites(book, { ...sight, writes: [...created, wrong] }).wrongAuthors).toHaveLength(1);
    },
  );

  test("a member that moves is deleted by who moved it, whoever deletes it later", ({ expect }) => {
    const book = newBook();
    book.enter({ ...committee, id: "c2", fields: { ...committee.fields, name: "Council" } });
    book.edit(member, jane, { committeeId: "c2" });
    book.remove(member, bot, "marked");
    const council = { ...nothing, ...created[1], uid: "C2" };
    const writes: readonly Write[] = [
      ...created,
      { ...council, naturalKey: { kind: "committee", projectUid: "P", name: "Council" } },
      removed,
      {
        ...removed,
        uid: "M2",
        naturalKey: { kind: "member", committeeUid: "C2", email: "ann@mail.example" },
        principal: "bot@clients",
        sub: "bot",
        email: undefined,
        onBehalfOf: "bot",
      },
    ];
    const mappings = new Map([...sight.mappings, ["committee_member.sfid.m1", "!del"]]);
    expect(judgeWrites(book, { ...sight, writes, mappings }).wrongAuthors).toEqual([]);
  });
});
