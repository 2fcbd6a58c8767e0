// SPDX-License-Identifier: MIT
import { ExtData, encode } from "@msgpack/msgpack";
import { committeeKey, memberKey, projectKey } from "../sync/support/records.ts";

/** A message of `v1-objects` and how it has to end: with an object in v2, or with the code of a reason. */
export interface Payload {
  readonly what: string;
  readonly key: string;
  readonly value: string | Uint8Array;
  readonly ends: string;
  /** Fields of v2's object, where there is one. */
  readonly sent?: Readonly<Record<string, unknown>>;
}

/** A project that v2 takes, but for what is changed. */
function project(id: string, changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { sfid: id, name: `Project ${id}`, slug__c: `p-${id}`, ...changes };
}

function json(
  what: string,
  id: string,
  changes: Readonly<Record<string, unknown>>,
  ends = "created",
): Payload {
  return { what, key: projectKey(id), value: JSON.stringify(project(id, changes)), ends };
}

function bytes(what: string, id: string, value: string | Uint8Array, ends: string): Payload {
  return { what, key: projectKey(id), value, ends };
}

const nested = (open: string, close: string, depth: number): string =>
  open.repeat(depth) + close.repeat(depth);

export const values: readonly Payload[] = [
  bytes("no JSON", "no-json", "not json", "malformed_value"),
  bytes("no bytes", "no-bytes", new Uint8Array(), "empty_value"),
  bytes("JSON that is cut short", "cut", '{"sfid":"cut","na', "malformed_value"),
  bytes("a list", "list", "[]", "malformed_value"),
  bytes("a number", "number", "12", "malformed_value"),
  bytes("a text", "text", '"x"', "malformed_value"),
  bytes("null", "null", "null", "malformed_value"),
  bytes("JSON of 10,000 levels", "deep", `{"a":${nested("[", "]", 10_000)}}`, "malformed_value"),
  bytes(
    "JSON of 100,000 levels with a big number",
    "deeper",
    `{"n":12345678901234567890123,"a":${nested("[", "]", 100_000)}}`,
    "malformed_value",
  ),
  bytes("JSON that is not UTF-8", "latin", Buffer.from('{"name":"é"}', "latin1"), "malformed_value"),
  bytes("MessagePack", "pack", encode(project("pack")), "created"),
  bytes(
    "MessagePack with extensions",
    "pack-ext",
    encode(project("pack-ext", { other: new ExtData(42, new Uint8Array([1, 2])), at: new Date(0) })),
    "created",
  ),
  bytes(
    "MessagePack with bytes",
    "pack-bin",
    encode(project("pack-bin", { raw: new Uint8Array(9) })),
    "created",
  ),
  bytes(
    "MessagePack with an integer of 64 bits",
    "pack-64",
    encode(project("pack-64", { description__c: 2n ** 63n }), { useBigInt64: true }),
    "created",
  ),
  bytes(
    "MessagePack that is cut short",
    "pack-cut",
    encode(project("pack-cut")).slice(0, -3),
    "malformed_value",
  ),
  bytes(
    "MessagePack of 10,000 levels",
    "pack-deep",
    Buffer.concat([Buffer.from([0x81, 0xa1, 0x61]), Buffer.alloc(10_000, 0x91), Buffer.from([0xc0])]),
    "malformed_value",
  ),
  bytes(
    "MessagePack that promises four thousand million items",
    "pack-lie",
    Buffer.from([0x81, 0xa1, 0x61, 0xdd, 0xff, 0xff, 0xff, 0xff]),
    "malformed_value",
  ),
];

export const columns: readonly Payload[] = [
  {
    what: "columns that objects of JavaScript have anyway",
    key: projectKey("columns"),
    value:
      '{"sfid":"columns","name":"Columns","slug__c":"p-columns","__proto__":{"description__c":"evil"},"constructor":{"name":"evil"},"toString":1,"hasOwnProperty":2}',
    ends: "created",
    sent: { name: "Columns", description: "" },
  },
  {
    what: "numbers beyond 2^53",
    key: projectKey("big-number"),
    value:
      '{"sfid":"big-number","name":"Big","slug__c":"p-big-number","x":90071992547409931234567890,"description__c":12345678901234567890}',
    ends: "created",
    sent: { description: "12345678901234567890" },
  },
  json("an id that disagrees with the key", "other-id", { sfid: "somebody-else" }),
  json("no id", "without-id", { sfid: undefined }),
  json(
    "other types than expected, where v2 needs something",
    "types",
    { name: 1, slug__c: [] },
    "unusable_record",
  ),
  json("other types than expected elsewhere", "more-types", {
    description__c: [1],
    public__c: [],
    formation_date__c: true,
    lastmodifiedbyid: 5,
    lastmodifieddate: {},
    createddate: [],
    model__c: {},
    stage__c: 3,
    website_url__c: {},
    isdeleted: "true",
    _sdc_deleted_at: null,
  }),
  json("a name of 100,000 characters", "long-name", { name: "n".repeat(100_000) }),
  json("a slug of 100,000 characters", "long-slug", { slug__c: "s".repeat(100_000) }, "unusable_record"),
  json(
    "a slug that the longest key could not hold",
    "longer-key",
    { slug__c: "s".repeat(3_600) },
    "unusable_record",
  ),
  json(
    "a parent of 100,000 characters",
    "long-parent",
    { parent_project__c: "p".repeat(100_000) },
    "unusable_record",
  ),
  json("a legal parent of 100,000 characters", "long-legal", {
    parent_entity_relationship__c: "p".repeat(100_000),
  }),
  json("an editor of 100,000 characters", "long-editor", { lastmodifiedbyid: "e".repeat(100_000) }),
  json("a machine of 100,000 characters", "long-machine", {
    lastmodifiedbyid: `${"e".repeat(100_000)}@clients`,
  }),
  json("an editor who would write a header", "header", { lastmodifiedbyid: "a\r\nX-Evil: 1" }),
  {
    ...json("control characters", "control", { name: "a\u0000\u001b[31mb\r\nc" }),
    sent: { name: "a\u0000\u001b[31mb\r\nc" },
  },
  {
    ...json("halves of surrogate pairs", "halves", { name: "a\ud800", description__c: "\udc00x" }),
    sent: { name: "a\ufffd", description: "\ufffdx" },
  },
  {
    ...json("days and times that do not exist", "dates", {
      formation_date__c: "2024-02-30",
      createddate: "2024-13-45",
      lastmodifieddate: "yesterday",
    }),
    sent: { formation_date: undefined },
  },
  {
    ...json("addresses that do something when they are clicked", "addresses", {
      website_url__c: "javascript:alert(1)",
      repository_url__c: "javascript://example.org/%0Aalert(1)",
      logo_url__c: "data:text/html,<script>",
      charterurl__c: "file:///etc/passwd",
    }),
    sent: { website_url: undefined, repository_url: undefined, logo_url: undefined, charter_url: undefined },
  },
  json("a slug that is v2's root in small letters", "root", { slug__c: "ROOT" }),
  {
    what: "a committee whose columns have other types",
    key: committeeKey("types"),
    value: JSON.stringify({ sfid: "types", mailing_list__c: 5, project_name__c: 6 }),
    ends: "unusable_record",
  },
  {
    what: "a committee with a name of 900,000 characters",
    key: committeeKey("long"),
    value: JSON.stringify({ sfid: "long", mailing_list__c: "n".repeat(900_000), project_name__c: "pack" }),
    ends: "unusable_record",
  },
  {
    what: "a member with an address of 900,000 characters",
    key: memberKey("long"),
    value: JSON.stringify({
      contactemail__c: `${"m".repeat(900_000)}@example.org`,
      collaboration_name__c: "c",
    }),
    ends: "unusable_record",
  },
];

/** Ids that mean something in paths, subjects or patterns, as parents and as people. */
export const ids: readonly Payload[] = [
  "..",
  "../../committees",
  "a/b",
  "a?b",
  "a#b",
  "%2e%2e",
  "a%2Fb",
  "*",
  ">",
  "a.*",
  ".",
  "a..b",
  "é漢",
  "a b",
  "a\r\nPUB x 0",
].flatMap((id, n) => [
  json(`the parent ${JSON.stringify(id)}`, `parent-${n}`, { parent_project__c: id }, "parent_unmapped"),
  json(`the editor ${JSON.stringify(id)}`, `editor-${n}`, { lastmodifiedbyid: id }),
  {
    what: `the committee ${JSON.stringify(id)} of a member`,
    key: memberKey(`of-${n}`),
    value: JSON.stringify({ contactemail__c: `of-${n}@example.org`, collaboration_name__c: id }),
    ends: "parent_unmapped",
  },
]);

/** Keys as NATS takes them; the record of each has a slug of its own. */
export const keys: readonly Payload[] = (
  [
    ["with dots", "with.dots.in.it", "created"],
    ["with = and #", "eq=a#b", "created"],
    ["with a slash and a question", "a/b?c%2F", "created"],
    ["in capitals", "CAPITALS", "created"],
    ["of other letters", "ünï漢字", "created"],
    ["called __proto__", "__proto__", "created"],
    ["called constructor", "constructor", "created"],
    ["of 3,000 characters", "k".repeat(3_000), "created"],
    ["of 1,000 letters that count six-fold", "é".repeat(1_000), "key"],
    ["of 3,490 characters", "k".repeat(3_490), "key"],
    ["that is a wildcard", "*", "key"],
    ["that is the other wildcard", ">", "key"],
    ["with a wildcard in it", "some.*.thing", "key"],
    ["with a star that is none", "a*b", "created"],
  ] as const
).map(([what, id, ends], n) => ({
  what: `a key ${what}`,
  key: projectKey(id),
  value: JSON.stringify({ sfid: id, name: "Key", slug__c: `k-${n}x` }),
  ends,
}));
