// SPDX-License-Identifier: MIT
import { waitFor } from "@repo/testkit";
import { startNats } from "@repo/testkit/nats";
import { withServers } from "@repo/testkit/vitest";
import { createMappings, type Mappings } from "../../src/mappings/mappings.ts";
import type { Bucket } from "../../src/nats/bucket.ts";
import { openBucket } from "../../src/nats/open-bucket.ts";
import type { ObjectKind } from "../../src/records/object-key.ts";
import { UnavailableError } from "../../src/unavailable-error.ts";
import { gate } from "../support/gated-bucket.ts";
import { linkTo, makeBucket } from "../support/nats-tools.ts";

const test = withServers({ nats: () => startNats() });

interface Setup {
  readonly bucket: Bucket;
  readonly mappings: Mappings;
  /** All keys and their values. */
  readonly all: () => Promise<Record<string, string>>;
  readonly another: () => Promise<Mappings>;
  readonly signal: AbortSignal;
}

async function setUp(
  url: string,
  name: string,
  onTestFinished: (close: () => Promise<void>) => void,
): Promise<Setup> {
  await makeBucket(url, name);
  const stopped = new AbortController();
  onTestFinished(async () => stopped.abort());
  const open = async (): Promise<Bucket> => openBucket(await linkTo(url, onTestFinished), name);
  const bucket = await open();
  return {
    bucket,
    mappings: createMappings(bucket),
    another: async () => createMappings(await open()),
    all: () => allOf(bucket),
    signal: stopped.signal,
  };
}

async function allOf(bucket: Bucket): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const stopped = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  bucket.watch([">"], {
    signal: stopped.signal,
    onChange: ({ key, value }) => {
      if (value !== undefined) found[key] = Buffer.from(value).toString();
    },
    onCaughtUp: resolve,
  });
  await promise;
  stopped.abort();
  return found;
}

test("writes the keys and values that other programs read", async ({ nats, expect, onTestFinished }) => {
  const { mappings, all } = await setUp(nats.url, "written", onTestFinished);
  expect(await mappings.create("project", "p1", "u-p")).toEqual({ result: "mapped" });
  expect(await mappings.create("committee", "c1", "u-c", { projectId: "p1" })).toEqual({ result: "mapped" });
  const ids = { projectId: "p1", committeeId: "c1", contactId: "003" };
  await mappings.create("member", "m1", "u-m", { committeeUid: "u-c", ...ids });
  expect(await all()).toEqual({
    "project.sfid.p1": "u-p",
    "project.uid.u-p": "p1",
    "committee.sfid.c1": "u-c",
    "committee.uid.u-c": "p1:c1",
    "committee_member.sfid.m1": "u-c:u-m",
    "committee_member.uid.u-m": "p1:c1:003",
    "committee_member.record_sfid.u-m": "m1",
  });
  expect(await mappings.read("member", "m1")).toEqual({ state: "mapped", uid: "u-m", committeeUid: "u-c" });
  expect(await mappings.ownerOf("project", "u-p")).toBe("salesforce-project__c.p1");
  expect(await mappings.ownerOf("committee", "u-c")).toBe("platform-collaboration__c.c1");
  expect(await mappings.ownerOf("member", "u-m")).toBe("platform-community__c.m1");
  // Again, as after a lost answer.
  expect(await mappings.create("project", "p1", "u-p")).toEqual({ result: "mapped" });
});

test("puts tombstones in both directions, and lets only those through that ask for it", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  const { mappings, all } = await setUp(nats.url, "tombs", onTestFinished);
  await mappings.create("member", "m1", "u-m", { committeeUid: "u-c" });
  await mappings.tombstone("member", "m1", "u-m");
  await mappings.tombstone("member", "m1", "u-m");
  expect(Object.values(await all())).toEqual(["!del", "!del", "!del"]);
  expect(await mappings.read("member", "m1")).toEqual({ state: "deleted" });
  expect(await mappings.ownerOf("member", "u-m")).toBeUndefined();
  expect(await mappings.create("member", "m1", "u-n")).toEqual({
    result: "exists",
    mapping: { state: "deleted" },
  });
  expect(await mappings.ownerOf("member", "u-n")).toBeUndefined();
  expect(await mappings.create("member", "m1", "u-n", { replaceTombstone: true })).toEqual({
    result: "mapped",
  });
  expect(await mappings.ownerOf("member", "u-n")).toBe("platform-community__c.m1");
});

test("forgets without a trace, so that a moved member can be made again", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  const { mappings, all } = await setUp(nats.url, "forgets", onTestFinished);
  await mappings.create("member", "m1", "u-m", { committeeUid: "u-c" });
  await mappings.forget("member", "m1", "u-m");
  await mappings.forget("member", "m1", "u-m");
  expect(await all()).toEqual({});
  expect(await mappings.read("member", "m1")).toEqual({ state: "absent" });
  expect(await mappings.create("member", "m1", "u-n", { committeeUid: "u-d" })).toEqual({ result: "mapped" });
});

/** A bucket that takes so many writes and then no more, as of a process that is killed. */
function dyingAfter(bucket: Bucket, writes: number): Bucket {
  let left = writes;
  const last = <T>(write: () => Promise<T>): Promise<T> => {
    left -= 1;
    return left >= 0 ? write() : Promise.reject(new Error("killed"));
  };
  return {
    ...bucket,
    create: (key, value) => last(() => bucket.create(key, value)),
    update: (key, value, revision) => last(() => bucket.update(key, value, revision)),
    put: (key, value) => last(() => bucket.put(key, value)),
    purge: (key, revision) => last(() => bucket.purge(key, revision)),
  };
}

// The way there decides whether an object counts as mapped, deleted or new; nobody comes back to the ways back.
test.for([
  ["create", (mappings: Mappings) => mappings.create("member", "m1", "u-m", { committeeUid: "u-c" })],
  ["tombstone", (mappings: Mappings) => mappings.tombstone("member", "m1", "u-m")],
  ["forget", (mappings: Mappings) => mappings.forget("member", "m1", "u-m")],
] as const)(
  "%s writes the way there last, wherever it is interrupted",
  async ([name, change], { nats, expect, onTestFinished }) => {
    const there = "committee_member.sfid.m1";
    for (let writes = 0, isWhole = false; !isWhole; writes += 1) {
      expect(writes).toBeLessThan(10);
      const { mappings, bucket, all } = await setUp(nats.url, `dies-${name}-${writes}`, onTestFinished);
      if (name !== "create") await mappings.create("member", "m1", "u-m", { committeeUid: "u-c" });
      const before = (await all())[there];
      isWhole = await change(createMappings(dyingAfter(bucket, writes))).then(
        () => true,
        () => false,
      );
      const found = await all();
      if (found[there] === before) continue;
      await change(mappings);
      expect(found).toEqual(await all());
    }
  },
);

test("leaves a mapping alone that leads to another object", async ({ nats, expect, onTestFinished }) => {
  const { mappings, all } = await setUp(nats.url, "other-uid", onTestFinished);
  await mappings.create("project", "p1", "new");
  await mappings.tombstone("project", "p1", "old");
  await mappings.forget("project", "p1", "old");
  expect(await mappings.read("project", "p1", { fresh: true })).toEqual({ state: "mapped", uid: "new" });
  expect(await mappings.create("project", "p1", "third")).toEqual({
    result: "exists",
    mapping: { state: "mapped", uid: "new" },
  });
  expect(await mappings.ownerOf("project", "third")).toBeUndefined();
  expect(await mappings.ownerOf("project", "new")).toBe("salesforce-project__c.p1");
  // The claim of the uid that was not mapped is not left behind.
  expect(Object.keys(await all())).not.toContain("project.uid.third");
});

test("reads what other programs wrote", async ({ nats, expect, onTestFinished }) => {
  const { mappings, bucket } = await setUp(nats.url, "foreign", onTestFinished);
  await bucket.put("committee_member.sfid.old", "u-m");
  await bucket.put("committee_member.uid.u-m", "p1:c1:old");
  expect(await mappings.read("member", "old")).toEqual({ state: "mapped", uid: "u-m" });
  expect(await mappings.ownerOf("member", "u-m")).toBe("platform-community__c.old");
  // Mapped again with its committee: the old form is written anew.
  expect(await mappings.create("member", "old", "u-m", { committeeUid: "u-c" })).toEqual({
    result: "mapped",
  });
  expect(await mappings.read("member", "old")).toEqual({ state: "mapped", uid: "u-m", committeeUid: "u-c" });

  await bucket.put("project.sfid.empty", "");
  expect(await mappings.read("project", "empty")).toEqual({ state: "absent" });
  expect(await mappings.create("project", "empty", "u-e")).toEqual({ result: "mapped" });
  await bucket.put("project.sfid.gone", "u-g");
  await bucket.purge("project.sfid.gone");
  expect(await mappings.read("project", "gone")).toEqual({ state: "absent" });
  // A reverse mapping that was left behind owns nothing.
  await bucket.put("project.uid.u-g", "gone");
  expect(await mappings.ownerOf("project", "u-g")).toBeUndefined();
  expect(await mappings.create("project", "p9", "u-g")).toEqual({ result: "mapped" });
  expect(await mappings.ownerOf("project", "u-g")).toBe("salesforce-project__c.p9");
});

test("keeps ids that a bucket cannot hold apart", async ({ nats, expect, onTestFinished }) => {
  const { mappings, all, signal } = await setUp(nats.url, "odd-ids", onTestFinished);
  const seen: string[] = [];
  mappings.onMapped((key) => void seen.push(key));
  mappings.watch(signal);
  const ids = ["a b", "a..b", "ä", "*", ">", "a=20b"];
  for (const [i, id] of ids.entries()) await mappings.create("project", id, `u${i}`);
  for (const [i, id] of ids.entries()) {
    expect(await mappings.read("project", id, { fresh: true })).toEqual({ state: "mapped", uid: `u${i}` });
    expect(await mappings.ownerOf("project", `u${i}`)).toBe(`salesforce-project__c.${id}`);
  }
  expect(Object.keys(await all())).toContain("project.sfid.a=20b");
  expect(seen).toEqual(ids.map((id) => `project.sfid.${id}`));
});

test.for(["project", "committee", "member"] as const)(
  "gives a uid to one of many %ss that want it at once, over all instances",
  async (kind: ObjectKind, { nats, expect, onTestFinished }) => {
    const { another, mappings, bucket } = await setUp(nats.url, `rush-${kind}`, onTestFinished);
    const instances = await Promise.all([another(), another(), another()]);
    for (let round = 0; round < 25; round++) {
      const uid = `u${round}`;
      const ids = Array.from({ length: 6 }, (_, i) => `r${round}-${i}`);
      // Now and then something is left behind by a crash: a claim without a mapping.
      if (round % 3 === 0)
        await bucket.put(
          `${kind === "member" ? "committee_member.record_sfid" : `${kind}.uid`}.${uid}`,
          "crashed",
        );
      const results = await Promise.all(
        ids.map(async (id, i) => {
          const more = { committeeUid: "c", projectId: "p" };
          return await instances[i % instances.length]?.create(kind, id, uid, more);
        }),
      );
      const mapped = [];
      for (const id of ids) {
        const mapping = await mappings.read(kind, id, { fresh: true });
        if (mapping.state === "mapped") mapped.push(id);
      }
      const told = ids.filter((_, i) => results[i]?.result === "mapped");
      expect(mapped, `round ${round}`).toEqual(told);
      expect(told).toHaveLength(1);
      expect(await mappings.ownerOf(kind, uid)).toMatch(new RegExp(`\\.${told[0]}$`));
    }
  },
);

test("takes its mapping back when its claim was taken for one that was left behind", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  const { mappings, bucket } = await setUp(nats.url, "displaced", onTestFinished);
  const gated = gate(bucket);
  const slow = createMappings(gated.bucket);
  const held = gated.hold("create", "project.sfid.slow");
  const losing = slow.create("project", "slow", "u");
  await held.reached;
  expect(await mappings.create("project", "quick", "u")).toEqual({ result: "mapped" });
  held.open();
  expect(await losing).toEqual({ result: "owned", by: "salesforce-project__c.quick" });
  expect(await mappings.read("project", "slow", { fresh: true })).toEqual({ state: "absent" });
  expect(await mappings.ownerOf("project", "u")).toBe("salesforce-project__c.quick");
});

test("does not take a uid away from one that was mapped since it looked", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  const { mappings, bucket } = await setUp(nats.url, "late-claim", onTestFinished);
  const first = gate(bucket);
  const second = gate(bucket);
  const beforeForward = first.hold("create", "project.sfid.first");
  const mapping = createMappings(first.bucket).create("project", "first", "u");
  await beforeForward.reached;
  const beforeTaking = second.hold("update", "project.uid.u");
  const taking = createMappings(second.bucket).create("project", "second", "u");
  // It has seen the claim without its mapping, and is about to take the claim for one that was left behind.
  await beforeTaking.reached;
  beforeForward.open();
  expect(await mapping).toEqual({ result: "mapped" });
  beforeTaking.open();
  expect(await taking).toEqual({ result: "owned", by: "salesforce-project__c.first" });
  expect(await mappings.ownerOf("project", "u")).toBe("salesforce-project__c.first");
  expect(await mappings.read("project", "second", { fresh: true })).toEqual({ state: "absent" });
});

test("lets two who map the same object to the same uid both succeed", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  const { mappings, bucket } = await setUp(nats.url, "twice", onTestFinished);
  const gated = gate(bucket);
  const held = gated.hold("update", "committee.uid.u");
  const slow = createMappings(gated.bucket).create("committee", "c", "u", { projectId: "p" });
  await held.reached;
  expect(await mappings.create("committee", "c", "u", { projectId: "p" })).toEqual({ result: "mapped" });
  held.open();
  expect(await slow).toEqual({ result: "mapped" });
  expect(await mappings.ownerOf("committee", "u")).toBe("platform-collaboration__c.c");
});

test("asks the bucket for what is not known to be mapped, whatever it heard of it", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  const { bucket, signal } = await setUp(nats.url, "hearsay", onTestFinished);
  const old = await bucket.put("project.sfid.p", "!del");
  await bucket.put("project.sfid.p", "u");
  const mappings = createMappings({
    ...bucket,
    // A watcher that has not come further yet.
    watch: (_, { onChange }) =>
      onChange({ key: "project.sfid.p", revision: old, value: Buffer.from("!del") }),
  });
  mappings.watch(signal);
  expect(await mappings.read("project", "p")).toEqual({ state: "mapped", uid: "u" });
});

test("gives an object one uid, however many are offered at once", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  const { another, mappings } = await setUp(nats.url, "one-uid", onTestFinished);
  const instances = await Promise.all([another(), another()]);
  for (let round = 0; round < 10; round++) {
    const results = await Promise.all(
      ["x", "y", "x"].map(
        async (name, i) => await instances[i % 2]?.create("project", `p${round}`, `${name}${round}`),
      ),
    );
    const mapping = await mappings.read("project", `p${round}`, { fresh: true });
    expect(mapping.state).toBe("mapped");
    const winner = mapping.state === "mapped" ? mapping.uid : "";
    for (const [i, name] of ["x", "y", "x"].entries()) {
      expect(results[i]?.result).toBe(winner.startsWith(name) ? "mapped" : "exists");
    }
    expect(await mappings.ownerOf("project", winner)).toBe(`salesforce-project__c.p${round}`);
  }
});

test("tells of what is mapped, first of what is already, and remembers it", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  const { mappings, bucket, another, signal } = await setUp(nats.url, "told", onTestFinished);
  await bucket.put("project.sfid.before", "u1");
  await bucket.put("committee.sfid.dead", "!del");
  await bucket.put("committee_member.sfid.m", "u2");
  const seen: string[] = [];
  const listening = mappings.onMapped((key) => void seen.push(key));
  mappings.watch(signal);
  await waitFor(() => seen.length === 1, { what: "what is there" });
  const other = await another();
  await other.create("committee", "new", "u3");
  await waitFor(() => seen.length === 2, { what: "what is new" });
  expect(seen).toEqual(["project.sfid.before", "committee.sfid.new"]);
  const late: string[] = [];
  mappings.onMapped((key) => void late.push(key));
  expect(late).toEqual(seen);

  // Written over with the same value: nothing new. Deleted and mapped again: new.
  await bucket.put("project.sfid.before", "u1");
  await other.forget("committee", "new", "u3");
  await other.create("committee", "new", "u4");
  await waitFor(() => seen.length === 3, { what: "what is mapped again" });
  expect(seen[2]).toBe("committee.sfid.new");
  listening[Symbol.dispose]();
  await other.create("project", "unheard", "u5");
  await waitFor(() => late.includes("project.sfid.unheard"), { what: "the other listener" });
  expect(seen).toHaveLength(3);
});

test("answers from memory only what is mapped, and learns of tombstones", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  const { mappings, bucket, another, signal } = await setUp(nats.url, "memory", onTestFinished);
  mappings.watch(signal);
  await mappings.create("project", "p1", "u1");
  expect(await mappings.read("project", "p1")).toEqual({ state: "mapped", uid: "u1" });
  expect(await mappings.read("project", "later")).toEqual({ state: "absent" });
  const other = await another();
  await other.create("project", "later", "u2");
  expect(await mappings.read("project", "later")).toEqual({ state: "mapped", uid: "u2" });
  await other.tombstone("project", "p1", "u1");
  expect(await mappings.read("project", "p1", { fresh: true })).toEqual({ state: "deleted" });
  await waitFor(async () => (await mappings.read("project", "p1")).state === "deleted", {
    what: "the tombstone",
  });
  await bucket.purge("project.sfid.later");
  await waitFor(async () => (await mappings.read("project", "later")).state === "absent", {
    what: "the purge",
  });
});

test("finds the owner of an object that has no reverse mapping, once it has read all", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  const { mappings, bucket, signal } = await setUp(nats.url, "no-reverse", onTestFinished);
  await bucket.put("project.sfid.old", "u1");
  expect(await mappings.ownerOf("project", "u1")).toBeUndefined();
  const early = createMappings({ ...bucket, watch: () => {} });
  early.watch(signal);
  await expect(early.ownerOf("project", "u1")).rejects.toThrow(/still being read/);
  await expect(early.ownerOf("project", "u1")).rejects.toThrow(UnavailableError);
  mappings.watch(signal);
  await waitFor(() => mappings.ownerOf("project", "u1"), { what: "the mappings" });
  expect(await mappings.ownerOf("project", "u1")).toBe("salesforce-project__c.old");
  expect(await mappings.create("project", "new", "u1")).toEqual({
    result: "owned",
    by: "salesforce-project__c.old",
  });
  expect(await mappings.read("project", "new", { fresh: true })).toEqual({ state: "absent" });
});

test("never takes silence for absence", async ({ nats, expect, onTestFinished }) => {
  const link = await linkTo(nats.url, onTestFinished);
  const mappings = createMappings(openBucket(link, "not-there"));
  await expect(mappings.read("project", "p1")).rejects.toThrow(UnavailableError);
  await expect(mappings.ownerOf("project", "u1")).rejects.toThrow(UnavailableError);
  await expect(mappings.create("project", "p1", "u1")).rejects.toThrow(UnavailableError);
  await link.drain(1_000);
  await expect(mappings.read("project", "p1")).rejects.toThrow(UnavailableError);
});
