// SPDX-License-Identifier: MIT
import { waitFor } from "@repo/testkit";
import { type PublishedKey, rsaKeys } from "@repo/testkit/lfx-v1";
import { startNats } from "@repo/testkit/nats";
import { withServers } from "@repo/testkit/vitest";
import { decodeProtectedHeader, importSPKI, jwtVerify } from "jose";
import type { Author } from "../../src/objects/author.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { heimdallClientId, startRig } from "./support/rig.ts";

const test = withServers({ nats: () => startNats() });

const person: Author = {
  principal: "jdoe",
  subject: "jdoe",
  email: "jane@example.org",
  onBehalfOf: "jdoe",
  kind: "person",
};

async function ours(keyId: string): Promise<PublishedKey> {
  return { keyId, publicKey: (await rsaKeys("heimdall")).publicKey };
}

async function theirs(keyId: string): Promise<PublishedKey> {
  return { keyId, publicKey: (await rsaKeys("somebody else's")).publicKey };
}

function tokenOf(headers: Readonly<Record<string, string>>): string {
  return /^Bearer (\S+)$/.exec(headers["authorization"] ?? "")?.[1] ?? "";
}

function keyIdOf(headers: Readonly<Record<string, string>>): string | undefined {
  return decodeProtectedHeader(tokenOf(headers)).kid;
}

test.for([
  ["a person", person, "project", "lfx-v2-project-service"],
  ["a person", person, "committee", "lfx-v2-committee-service"],
  [
    "a machine",
    { principal: "svc1@clients", subject: "svc1", onBehalfOf: "svc1", kind: "machine" },
    "project",
    "lfx-v2-project-service",
  ],
  [
    "nobody",
    { principal: `${heimdallClientId}@clients`, subject: heimdallClientId, kind: "fallback" },
    "project",
    "lfx-v2-project-service",
  ],
] as const)("in the name of %s", async ([, author, service, audience], { nats, expect }) => {
  const clock = new FakeClock();
  await using rig = await startRig(nats, { clock });
  const headers = await rig.instance().headersFor(author, service);
  const onBehalfOf = "onBehalfOf" in author ? { "x-on-behalf-of": author.onBehalfOf } : {};
  expect(headers).toEqual({ authorization: expect.stringMatching(/^Bearer \S+$/), ...onBehalfOf });
  const { payload, protectedHeader } = await jwtVerify(
    tokenOf(headers),
    await importSPKI((await ours("")).publicKey, "PS256"),
    { algorithms: ["PS256"], currentDate: new Date(clock.epochMs()) },
  );
  expect(protectedHeader).toEqual({ alg: "PS256", typ: "JWT", kid: "key-1" });
  const now = clock.epochMs() / 1000;
  expect(payload).toEqual({
    iss: "heimdall",
    aud: audience,
    sub: author.subject,
    principal: author.principal,
    ...("email" in author ? { email: author.email } : {}),
    iat: now,
    nbf: now - 30,
    exp: now + 300,
    jti: expect.stringMatching(/^[\da-f-]{36}$/),
  });
});

test("keeps tokens per person and service, until they grow old or are refused", async ({ nats, expect }) => {
  const clock = new FakeClock();
  await using rig = await startRig(nats, { clock });
  const identity = rig.instance();
  const token = async () => tokenOf(await identity.headersFor(person, "project"));
  const first = await token();
  expect(await token()).toBe(first);
  expect(tokenOf(await identity.headersFor(person, "committee"))).not.toBe(first);
  expect(tokenOf(await identity.headersFor(identity.self, "project"))).not.toBe(first);
  await identity.refused(person, "project");
  const second = await token();
  expect(second).not.toBe(first);
  clock.jump(240_000);
  expect(await token()).not.toBe(second);
  // A configured key id is not looked for.
  expect(rig.v1.requests("jwks")).toBe(0);
  expect(identity.signingStatus()).toEqual({ isReady: true });
});

test("finds our key among those of others, wherever it stands", async ({ nats, expect }) => {
  await using rig = await startRig(nats, { keyId: null });
  rig.v1.setKeys([await theirs("first"), await ours("ours"), await theirs("last")]);
  const identity = rig.instance();
  await waitFor(() => identity.signingStatus().isReady);
  expect(keyIdOf(await identity.headersFor(person, "project"))).toBe("ours");
  expect(rig.v1.requests("jwks")).toBe(1);
});

test.for([
  ["is down", { kind: "status", status: 503 }],
  ["is a page", { kind: "html" }],
  ["resets connections", { kind: "reset" }],
] as const)("goes on looking while the key set %s, and says so", async ([, fault], { nats, expect }) => {
  const clock = new FakeClock();
  await using rig = await startRig(nats, { clock, keyId: null });
  rig.v1.setKeys([await ours("ours")]);
  rig.v1.faults.set("jwks", fault);
  const identity = rig.instance();
  await expect(identity.headersFor(person, "project")).rejects.toMatchObject({
    reason: { code: "signing_key_unknown", message: expect.stringContaining("HEIMDALL_PRIVATE_KEY") },
  });
  for (const requests of [1, 2, 3]) {
    await waitFor(() => rig.v1.requests("jwks") === requests && clock.nextMs !== undefined);
    expect(identity.signingStatus()).toEqual({
      isReady: false,
      reason: expect.stringMatching(/key set http:.*jwks/),
    });
    await clock.advance(clock.nextMs ?? 0);
  }
  rig.v1.faults.clear();
  await waitFor(async () => {
    await clock.advance(clock.nextMs ?? 0);
    return identity.signingStatus().isReady;
  });
  expect(keyIdOf(await identity.headersFor(person, "project"))).toBe("ours");
  // The same trouble is told once.
  expect(rig.logs.records.filter(({ level }) => level === "warn")).toHaveLength(1);
});

test("is not ready while the key set lacks our key", async ({ nats, expect }) => {
  const clock = new FakeClock();
  await using rig = await startRig(nats, { clock, keyId: null });
  rig.v1.setKeys([await theirs("first")]);
  const identity = rig.instance();
  await waitFor(() => clock.nextMs !== undefined);
  expect(identity.signingStatus().reason).toMatch(/does not hold our public key/);
  await expect(identity.headersFor(person, "project")).rejects.toMatchObject({
    reason: { code: "signing_key_unknown" },
  });
  rig.v1.setKeys([await theirs("first"), await ours("ours")]);
  await clock.advance(1_000);
  await waitFor(() => identity.signingStatus().isReady);
});

test("a refused token makes the key set be read again, once for all, and not often", async ({
  nats,
  expect,
}) => {
  const clock = new FakeClock();
  await using rig = await startRig(nats, { clock, keyId: null });
  rig.v1.setKeys([await ours("2026-10")]);
  const identity = rig.instance();
  await waitFor(() => identity.signingStatus().isReady);
  rig.v1.setKeys([await theirs("x"), await ours("2026-11")]);
  await identity.refused(person, "project");
  expect(rig.v1.requests("jwks")).toBe(1);
  clock.jump(10_000);
  await Promise.all([
    identity.refused(person, "project"),
    identity.refused(person, "committee"),
    identity.refused(identity.self, "project"),
  ]);
  expect(rig.v1.requests("jwks")).toBe(2);
  expect(keyIdOf(await identity.headersFor(person, "project"))).toBe("2026-11");
  expect(keyIdOf(await identity.headersFor(identity.self, "committee"))).toBe("2026-11");
});

test("keeps the last good key id while the key set is down", async ({ nats, expect }) => {
  const clock = new FakeClock();
  await using rig = await startRig(nats, { clock, keyId: null });
  rig.v1.setKeys([await ours("ours")]);
  const identity = rig.instance();
  await waitFor(() => identity.signingStatus().isReady);
  rig.v1.faults.set("jwks", { kind: "status", status: 503 });
  clock.jump(10_000);
  await identity.refused(person, "project");
  expect(rig.v1.requests("jwks")).toBe(2);
  expect(identity.signingStatus()).toEqual({ isReady: true });
  expect(keyIdOf(await identity.headersFor(person, "project"))).toBe("ours");
});

test("says when our key was taken out of the key set, and notices its return", async ({ nats, expect }) => {
  const clock = new FakeClock();
  await using rig = await startRig(nats, { clock, keyId: null });
  rig.v1.setKeys([await ours("ours")]);
  const identity = rig.instance();
  await waitFor(() => identity.signingStatus().isReady);
  rig.v1.setKeys([await theirs("theirs")]);
  clock.jump(10_000);
  await identity.refused(person, "project");
  expect(identity.signingStatus().isReady).toBe(false);
  expect(keyIdOf(await identity.headersFor(person, "project"))).toBe("ours");
  rig.v1.setKeys([await ours("again")]);
  await waitFor(async () => {
    await clock.advance(clock.nextMs ?? 0);
    return identity.signingStatus().isReady;
  });
  expect(keyIdOf(await identity.headersFor(person, "project"))).toBe("again");
});

test("leaves nothing behind when it is disposed while it looks for the key", async ({ nats, expect }) => {
  const clock = new FakeClock();
  await using rig = await startRig(nats, { clock, keyId: null });
  rig.v1.faults.set("jwks", { kind: "hang" });
  const hanging = rig.instance();
  await waitFor(() => rig.v1.requests("jwks") === 1);
  await hanging[Symbol.asyncDispose]();
  rig.v1.faults.set("jwks", { kind: "status", status: 503 });
  const waiting = rig.instance();
  await waitFor(() => clock.waiting === 1);
  await waiting[Symbol.asyncDispose]();
  expect(clock.waiting).toBe(0);
  expect(rig.v1.requests("jwks")).toBe(2);
});
