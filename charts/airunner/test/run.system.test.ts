// SPDX-License-Identifier: Apache-2.0
// The image started as the chart would start it: its arguments, its environment, nothing else.
import { join } from "node:path";
import { findProgram } from "@repo/testbed";
import { freePort, MissingServerError, waitFor } from "@repo/testkit";
import { runExecutable } from "@repo/testkit/process";
import { withServers } from "@repo/testkit/vitest";
import { runHardened, startHardened, startTestImage } from "@repo/tools/images";
import { parseAllDocuments } from "yaml";
import { z } from "zod";

const chart = join(import.meta.dirname, "..");

const test = withServers({ built: () => startTestImage("airunner"), helm: findHelm });

const Named = z.looseObject({ kind: z.string(), metadata: z.object({ name: z.string() }) });
const Secret = z.object({ stringData: z.record(z.string(), z.string()) });
const Probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) });
const Container = z.object({
  args: z.array(z.string()),
  readinessProbe: Probe.optional(),
  livenessProbe: Probe.optional(),
});
const Deployment = z.object({
  spec: z.object({ template: z.object({ spec: z.object({ containers: z.tuple([Container]) }) }) }),
});

async function findHelm(): Promise<string> {
  const found = await findProgram("helm");
  if (found.status === "missing") throw new MissingServerError(found.reason);
  return found.path;
}

/** What the chart makes, by kind and name. */
async function render(helm: string, ...args: readonly string[]) {
  await using run = await runExecutable({
    file: helm,
    args: ["template", "airunner", chart, ...args],
    env: { HOME: "/nonexistent", PATH: process.env["PATH"] ?? "" },
  });
  const { code } = await run.waitForExit({ deadlineMs: 60_000 });
  if (code !== 0) throw new Error(run.stderr.text);
  const documents = parseAllDocuments(run.stdout.text).map((document): unknown => document.toJS());
  const objects = documents.map((document) => Named.parse(document));
  return (kind: string, name: string) =>
    objects.find((each) => each.kind === kind && each.metadata.name === name);
}

test("a job of the chart's worker reaches the chart's server, and both end on SIGTERM", async ({
  built: { engine, image },
  helm,
  expect,
}) => {
  const free = ["env.AIRUNNER_NO_AUTH=true", "env.AIRUNNER_ALLOW_INSECURE=true", "worker.env.TEAM=platform"];
  const settings = [...free, "worker.envAllow={TEAM}", "worker.concurrency=2"];
  const object = await render(helm, ...settings.flatMap((setting) => ["--set", setting]));
  const environment = (component: string) =>
    Secret.parse(object("Secret", `airunner-${component}-environment`)).stringData;
  const container = (component: string) =>
    Deployment.parse(object("Deployment", `airunner-${component}`)).spec.template.spec.containers[0];

  const [port, health] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  await using server = await startHardened(engine, {
    image,
    args: container("server").args,
    // All pods have an address of their own; here they share this machine's.
    env: {
      ...environment("server"),
      AIRUNNER_LISTEN: `127.0.0.1:${port}`,
      AIRUNNER_HEALTH_LISTEN: `127.0.0.1:${health}`,
    },
  });
  for (const probe of [container("server").readinessProbe, container("server").livenessProbe]) {
    await waitFor(async () => (await fetch(`http://127.0.0.1:${health}${probe?.httpGet.path}`)).ok, {
      deadlineMs: 30_000,
      what: `an answer of ${probe?.httpGet.path}`,
    });
  }
  await using worker = await startHardened(engine, {
    image,
    args: container("worker").args.map((arg) =>
      arg.startsWith("--server=") ? `--server=${url}` : arg.replace("$(POD_NAME)", "pod-1"),
    ),
    env: environment("worker"),
    options: ["--no-healthcheck", "--tmpfs=/data/spool:uid=65532", "--tmpfs=/data/workspace:uid=65532"],
  });
  const submit = ["airunner-cli", "submit", `--server=${url}`, "--", "sh", "-c", 'echo "of $TEAM"; exit 4'];
  const submitted = await runHardened(engine, { image, args: submit });
  expect(submitted.stdout).toContain("of platform");
  expect(submitted.exitCode).toBe(4);
  const job = /with ID: (\S+)/.exec(submitted.stdout)?.[1] ?? "";
  const shown = await runHardened(engine, { image, args: ["airunner-cli", "show", `--server=${url}`, job] });
  expect(shown.stdout).toContain("pod-1");
  await worker.signal("TERM");
  expect(await worker.wait()).toBe(0);
  await server.signal("TERM");
  expect(await server.wait()).toBe(0);
});
