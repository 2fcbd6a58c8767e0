// SPDX-License-Identifier: MIT
import { waitFor } from "@repo/testkit";
import type { FaultRequest } from "@repo/testkit/lfx-v2";
import { expect, test } from "vitest";
import { requested } from "../../src/state/transition.ts";
import { committeeKey, committeeOf, memberKey, memberOf, projectKey, projectOf } from "./support/records.ts";
import { type Rig, startRig } from "./support/rig.ts";

const speed = 10;
const reason = { code: "requested", message: "An operator asked for it." } as const;

function isDelete({ method }: FaultRequest): boolean {
  return method === "DELETE";
}

async function seed(rig: Rig, committees: number): Promise<void> {
  await rig.put(projectKey("p"), projectOf("p", "r1"));
  for (let n = 0; n < committees; n += 1)
    await rig.put(committeeKey(`c${n}`), committeeOf(`c${n}`, "p", "r1"));
  await rig.settled();
}

async function request(rig: Rig, key: string, override: "delete" | "recreate"): Promise<void> {
  const { state, version } = await rig.states.read(key);
  const next = state && requested(state, { nowMs: Date.now(), reason, override });
  if (next === undefined) throw new Error(`${key} cannot be asked for`);
  await rig.states.write(key, next, version);
}

function committees({ v2 }: Rig): number {
  return v2.model.list("committee").length;
}

test("deletes follow, by mark, by flag and by key, and leave tombstones", async () => {
  await using rig = await startRig();
  await rig.startInstance({ speed });
  await seed(rig, 3);
  await rig.put(
    committeeKey("c0"),
    committeeOf("c0", "p", "r1", { _sdc_deleted_at: "2026-11-20T00:00:00Z" }),
  );
  await rig.put(committeeKey("c1"), committeeOf("c1", "p", "r1", { isdeleted: true }));
  await rig.settled();
  await rig.objects.purge(committeeKey("c2"));
  await waitFor(() => committees(rig) === 0);
  await waitFor(
    async () => (await rig.mappings.read("committee", "c2", { fresh: true })).state === "deleted",
  );
  expect(await rig.mappings.read("committee", "c0", { fresh: true })).toEqual({ state: "deleted" });
  expect(await rig.state(committeeKey("c1"))).toMatchObject({
    status: "done",
    applied: { action: "deleted" },
  });
});

test("deletes above the limit are held until an operator lets them go", async () => {
  await using rig = await startRig();
  await rig.startInstance({ speed, maxDeletes: 2 });
  await seed(rig, 4);
  const keys = [0, 1, 2, 3].map((n) => committeeKey(`c${n}`));
  for (const [n, key] of keys.entries())
    await rig.put(key, committeeOf(`c${n}`, "p", "r1", { isdeleted: true }));
  const held = async (): Promise<string[]> => {
    const states = await Promise.all(keys.map(async (key) => ({ key, state: await rig.state(key) })));
    if (states.some(({ state }) => state?.status === "claimed" || state?.status === "retry")) return [];
    return states.filter(({ state }) => state?.status === "held").map(({ key }) => key);
  };
  await waitFor(async () => (await held()).length === 2);
  expect(committees(rig)).toBe(2);
  for (const key of await held()) await request(rig, key, "delete");
  await rig.settled();
  expect(committees(rig)).toBe(0);
});

test("a delete that has to be tried again counts once", async () => {
  await using rig = await startRig();
  await rig.startInstance({ speed, maxDeletes: 1 });
  await seed(rig, 1);
  rig.v2.faults.next([{ kind: "status", status: 503 }, { kind: "lost" }], isDelete);
  await rig.put(committeeKey("c0"), committeeOf("c0", "p", "r1", { isdeleted: true }));
  await rig.settled();
  expect(committees(rig)).toBe(0);
});

test("what was deleted is made again only when an operator asks for it", async () => {
  await using rig = await startRig();
  await rig.startInstance({ speed });
  await seed(rig, 1);
  const key = committeeKey("c0");
  await rig.put(key, committeeOf("c0", "p", "r1", { isdeleted: true }));
  await rig.settled();
  await rig.put(key, committeeOf("c0", "p", "r2"));
  await rig.settled();
  expect(await rig.state(key)).toMatchObject({ status: "done", reason: { code: "deleted_in_v2" } });
  await request(rig, key, "recreate");
  await waitFor(() => committees(rig) === 1);
  await rig.settled();
  await waitFor(async () => (await rig.mappings.read("committee", "c0", { fresh: true })).state === "mapped");
});

test("a delete whose answer was lost is known for what it was when v1 has the object again", async () => {
  await using rig = await startRig();
  await rig.startInstance({ speed });
  await seed(rig, 1);
  const key = committeeKey("c0");
  rig.v2.faults.next({ kind: "lost" }, isDelete);
  await rig.put(key, committeeOf("c0", "p", "r1", { isdeleted: true }));
  await waitFor(() => committees(rig) === 0);
  await rig.put(key, committeeOf("c0", "p", "r2"));
  await rig.settled();
  expect(await rig.state(key)).toMatchObject({ status: "done", reason: { code: "deleted_in_v2" } });
  expect(await rig.state(key)).not.toHaveProperty("deleting");
  expect(await rig.mappings.read("committee", "c0", { fresh: true })).toEqual({ state: "deleted" });
});

test("an object that v1 has again before its delete is carried out stays", async () => {
  await using rig = await startRig();
  await rig.startInstance({ speed });
  await seed(rig, 1);
  const key = committeeKey("c0");
  rig.v2.faults.next({ kind: "late", commitAfterMs: "told" }, isDelete);
  await rig.put(key, committeeOf("c0", "p", "r1", { isdeleted: true }));
  await waitFor(() => rig.v2.faults.late.length === 1);
  await rig.put(key, committeeOf("c0", "p", "r1"));
  await rig.settled();
  rig.v2.faults.commitLate();
  await rig.v2.settled();
  expect(committees(rig)).toBe(1);
  expect(await rig.state(key)).not.toHaveProperty("deleting");
});

test("an object that somebody else deleted in v2 is not taken for one of ours", async () => {
  await using rig = await startRig();
  await rig.startInstance({ speed });
  await seed(rig, 1);
  const key = committeeKey("c0");
  rig.v2.faults.next({ kind: "status", status: 403 }, isDelete);
  await rig.put(key, committeeOf("c0", "p", "r1", { isdeleted: true }));
  await waitFor(async () => (await rig.state(key))?.reason?.code === "refused_by_service");
  const mapping = await rig.mappings.read("committee", "c0", { fresh: true });
  rig.v2.model.remove("committee", mapping.state === "mapped" ? mapping.uid : "");
  await rig.put(key, committeeOf("c0", "p", "r2"));
  await waitFor(async () => (await rig.state(key))?.reason?.code === "missing_in_v2");
  expect(await rig.mappings.read("committee", "c0", { fresh: true })).toEqual(mapping);
});

test("a member that comes back while its move is unanswered is made again where it was", async () => {
  await using rig = await startRig();
  await rig.startInstance({ speed });
  await seed(rig, 2);
  await rig.put(memberKey("m"), memberOf("m", "c0", "r1"));
  await rig.settled();
  rig.v2.faults.next({ kind: "lost" }, isDelete);
  await rig.put(memberKey("m"), memberOf("m", "c1", "r2"));
  await waitFor(() => rig.v2.model.list("committee-member").length === 0);
  await rig.put(memberKey("m"), memberOf("m", "c0", "r3"));
  await rig.settled();
  const home = await rig.mappings.read("committee", "c0", { fresh: true });
  const [member, ...others] = rig.v2.model.list("committee-member");
  expect(others).toEqual([]);
  expect(member?.data).toMatchObject({
    committee_uid: home.state === "mapped" ? home.uid : "",
    job_title: "r3",
  });
  expect(await rig.mappings.read("member", "m", { fresh: true })).toMatchObject({ uid: member?.uid });
});

test("DELETE_POLICY=ignore leaves v2 alone", async () => {
  await using rig = await startRig();
  await rig.startInstance({ speed, deletePolicy: "ignore" });
  await seed(rig, 1);
  await rig.put(committeeKey("c0"), committeeOf("c0", "p", "r1", { isdeleted: true }));
  await rig.settled();
  expect(committees(rig)).toBe(1);
  expect(await rig.state(committeeKey("c0"))).toMatchObject({ reason: { code: "deletes_ignored" } });
});

test("a record deleted while its create was unanswered leaves nothing in v2", async () => {
  await using rig = await startRig();
  const late = { kind: "late", commitAfterMs: 800, client: "504" } as const;
  const instance = await rig.startInstance({ speed });
  await seed(rig, 0);
  rig.v2.faults.next(late, ({ operation }) => operation === "create-committee");
  rig.v2.faults.latency = ({ operation }) => (operation === "create-committee" ? 0 : 5);
  await rig.put(committeeKey("c0"), committeeOf("c0", "p", "r1"));
  await waitFor(() => instance.events.some(({ reason: why }) => why?.code === "outcome_unknown"));
  await rig.put(committeeKey("c0"), committeeOf("c0", "p", "r1", { isdeleted: true }));
  await rig.settled();
  expect(committees(rig)).toBe(0);
  expect(rig.v2.faults.late).toEqual([]);
});

test("a member that moves is in one committee, and keeps no tombstone", async () => {
  await using rig = await startRig();
  await rig.startInstance({ speed });
  await seed(rig, 2);
  await rig.put(memberKey("m"), memberOf("m", "c0", "r1"));
  await rig.settled();
  rig.v2.faults.next({ kind: "lost" }, ({ method }) => method === "DELETE");
  rig.v2.faults.next({ kind: "reset-after" }, ({ operation }) => operation === "create-member");
  await rig.put(memberKey("m"), memberOf("m", "c1", "r2"));
  await rig.settled();
  const members = rig.v2.model.list("committee-member");
  expect(members).toHaveLength(1);
  const [committee, member] = [
    await rig.mappings.read("committee", "c1", { fresh: true }),
    await rig.mappings.read("member", "m", { fresh: true }),
  ];
  expect(member).toEqual({
    state: "mapped",
    uid: members[0]?.uid,
    committeeUid: committee.state === "mapped" && committee.uid,
  });
});
