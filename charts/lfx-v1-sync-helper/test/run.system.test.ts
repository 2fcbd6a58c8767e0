// SPDX-License-Identifier: MIT
// The image started as the chart would start it: its arguments, its environment, its probes, nothing else.
import { Kvm } from "@nats-io/kv";
import { findProgram } from "@repo/testbed";
import { freePort, MissingServerError, waitFor } from "@repo/testkit";
import { rsaKeys, startLfxV1 } from "@repo/testkit/lfx-v1";
import { startLfxV2 } from "@repo/testkit/lfx-v2";
import { startNats } from "@repo/testkit/nats";
import { runExecutable } from "@repo/testkit/process";
import { withServers } from "@repo/testkit/vitest";
import { startHardened, startTestImage } from "@repo/tools/images";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { chart } from "./support/cluster.ts";

const test = withServers({
  built: () => startTestImage("v1-sync-helper"),
  helm: findHelm,
  platform: startPlatform,
});

const Probe = z.object({ httpGet: z.object({ path: z.string(), port: z.literal("http") }) });
const Container = z.object({
  args: z.array(z.string()),
  env: z.array(
    z.object({
      name: z.string(),
      value: z.string().optional(),
      valueFrom: z
        .object({
          secretKeyRef: z.object({ name: z.string(), key: z.string(), optional: z.boolean().default(false) }),
        })
        .optional(),
    }),
  ),
  ports: z.tuple([z.object({ name: z.literal("http"), containerPort: z.number() })]),
  startupProbe: Probe,
  livenessProbe: Probe,
  readinessProbe: Probe,
});
const Deployment = z.object({
  kind: z.literal("Deployment"),
  spec: z.object({ template: z.object({ spec: z.object({ containers: z.tuple([Container]) }) }) }),
});
type Container = z.infer<typeof Container>;
type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

async function findHelm(): Promise<string> {
  const found = await findProgram("helm");
  if (found.status === "missing") throw new MissingServerError(found.reason);
  return found.path;
}

/** NATS, stand-ins of v1 and v2, and the Secrets of the README. */
async function startPlatform() {
  await using stack = new AsyncDisposableStack();
  const [heimdall, auth0] = await Promise.all([rsaKeys("heimdall"), rsaKeys("auth0")]);
  const nats = stack.use(await startNats());
  const connection = stack.adopt(await nats.connect(), (own) => own.close());
  const v1 = stack.use(
    await startLfxV1({
      clientId: "client1",
      clientPublicKey: auth0.publicKey,
      assertionAudience: "https://testing.auth0.com/",
      keys: [{ keyId: "signer-1", publicKey: heimdall.publicKey }],
    }),
  );
  const v2 = stack.use(await startLfxV2({ jwks: v1.jwksUrl, nats: connection, buckets: true }));
  const secrets: Secrets = {
    "lfx-platform-heimdall-jwt-config": { "private-key": heimdall.privateKey },
    "v1-sync-helper-auth0-credentials": {
      tenant: "testing",
      client_id: "client1",
      client_private_key: auth0.privateKey,
    },
  };
  const owned = stack.move();
  return { nats, connection, v1, v2, secrets, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The container that the chart describes. */
async function render(helm: string, settings: readonly string[]): Promise<Container> {
  await using run = await runExecutable({
    file: helm,
    args: ["template", "lfx-v1-sync-helper", chart, ...settings.flatMap((setting) => ["--set", setting])],
    env: { HOME: "/nonexistent", PATH: process.env["PATH"] ?? "" },
  });
  const { code } = await run.waitForExit({ deadlineMs: 60_000 });
  if (code !== 0) throw new Error(run.stderr.text);
  for (const document of parseAllDocuments(run.stdout.text)) {
    const deployment = Deployment.safeParse(document.toJS());
    if (deployment.success) return deployment.data.spec.template.spec.containers[0];
  }
  throw new Error("The chart renders no Deployment that this test understands.");
}

/** What a kubelet makes of a container's `env`. */
function toEnvironment({ env }: Container, secrets: Secrets): Record<string, string> {
  const entries = env.flatMap(({ name, value, valueFrom }): [string, string][] => {
    if (valueFrom === undefined) return [[name, value ?? ""]];
    const { name: secret, key, optional } = valueFrom.secretKeyRef;
    const found = secrets[secret]?.[key];
    if (found !== undefined) return [[name, found]];
    if (optional) return [];
    throw new Error(`The Secret ${secret} has no key ${key}.`);
  });
  return Object.fromEntries(entries);
}

test("the user's line with the README's Secrets makes a pod that works", async ({
  built: { engine, image },
  helm,
  platform: { nats, connection, v1, v2, secrets },
  expect,
}) => {
  const container = await render(helm, [
    "heimdall.secret.name=lfx-platform-heimdall-jwt-config",
    // Where things are: the platform's own addresses mean nothing here, nor do its ports and sizes.
    `nats.url=${nats.url}`,
    `projectService.url=${v2.projectUrl}`,
    `committeeService.url=${v2.committeeUrl}`,
    `heimdall.jwksUrl=${v1.jwksUrl}`,
    `app.environment.AUTH0_TOKEN_URL=${v1.tokenUrl}`,
    `app.environment.LFX_API_GW=${v1.apiUrl}`,
    `app.environment.PORT=${await freePort()}`,
    ...["v1_objects", "v1_mappings", "v1_sync_state", "v1_sync_users"].map(
      (bucket) => `nats.kv_bucket_${bucket}.maxBytes=16777216`,
    ),
  ]);
  const [{ containerPort }] = container.ports;
  await using service = await startHardened(engine, {
    image,
    args: container.args,
    // All pods have an address of their own; here they share this machine's.
    env: { ...toEnvironment(container, secrets), BIND: "127.0.0.1" },
    // The chart mounts nothing to write to.
    options: ["--tmpfs=/tmp:ro"],
  });
  for (const { httpGet } of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
    const url = `http://127.0.0.1:${containerPort}${httpGet.path}`;
    await waitFor(async () => (await fetch(url).catch(() => undefined))?.ok, {
      deadlineMs: 60_000,
      what: `a good answer of ${httpGet.path}`,
    });
  }
  const write = ["/nodejs/bin/node", "--eval", "require('node:fs').writeFileSync('/tmp/file', '')"];
  expect(await engine.docker.run(["exec", service.id, ...write])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("EROFS"),
  });
  const kvm = new Kvm(connection);
  const id = "a0941000002wBz4AAE";
  const record = { sfid: id, name: "A", slug__c: "from-the-chart", lastmodifiedbyid: "svc1@clients" };
  await (await kvm.open("v1-objects")).put(`salesforce-project__c.${id}`, JSON.stringify(record));
  const mappings = await kvm.open("v1-mappings");
  const uid = await waitFor(async () => (await mappings.get(`project.sfid.${id}`))?.string(), {
    deadlineMs: 60_000,
    what: "the project to be in v2",
  });
  expect(v2.record.writes.map((write) => write.uid)).toContain(uid);
  await service.signal("TERM");
  expect(await service.wait()).toBe(0);
});
