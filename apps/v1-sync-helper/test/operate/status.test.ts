// SPDX-License-Identifier: MIT
import { freePort, waitFor } from "@repo/testkit";
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";
import { startPlatform } from "./support/platform.ts";
import { committeeKey, newId, openStates, projectKey, projectRecord } from "./support/seed.ts";

const test = withServers({ platform: () => startPlatform() });

interface Status {
  readonly pending: number | null;
  readonly objects: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly reasons: Readonly<Record<string, number>>;
  readonly oldest_parked: { readonly key: string } | null;
  readonly instances: readonly { readonly instance: string }[];
  readonly instance: { readonly state: string };
}

describe("status", () => {
  test("counts what is remembered, by kind and status", async ({ platform, expect }) => {
    await using states = await openStates(platform);
    const [done, old, young, claimed] = [newId(), newId(), newId(), newId()];
    const reason = { code: "parent_unmapped", message: "Its parent is not there." } as const;
    await states.put(projectKey(done), {});
    const parked = { status: "parked", reason, waitsFor: ["project.sfid.x"] } as const;
    await states.put(committeeKey(young), { ...parked, since: "2026-11-21T09:00:00.000Z" });
    await states.put(committeeKey(old), { ...parked, since: "2026-11-20T09:00:00.000Z" });
    await states.put(projectKey(claimed), { status: "claimed", owner: "pod-1.abc" });
    const { code, stdout } = await platform.run(["status", "--json", "--interval", "200ms"]);
    expect(code).toBe(0);
    const status = JSON.parse(stdout) as Status;
    expect(status).toMatchObject({
      pending: null,
      objects: { project: { done: 1, claimed: 1 }, committee: { parked: 2, done: 0 } },
      reasons: { parent_unmapped: 2 },
      oldest_parked: { key: committeeKey(old) },
      instances: [{ instance: "pod-1.abc", claims: 1 }],
      instance: { state: "no answer" },
    });
    const text = (await platform.run(["status", "--interval", "200ms"])).stdout;
    expect(text).toContain("no instance has run yet");
    expect(text).toMatch(/^committee +0 +0 +0 +2 +0 +0$/m);
    expect(text).toContain(`Parked longest: ${committeeKey(old)}`);
    expect(text).not.toContain("\u001b");
  });

  test("--watch follows the work of an instance until it is interrupted", async ({ platform, expect }) => {
    const port = String(await freePort());
    await using watch = await platform.start(["status", "--watch", "--json", "--interval", "200ms"], {
      PORT: port,
    });
    await watch.stdout.waitForLine(/"pending"/);
    await using serve = await platform.start([], { PORT: port });
    await serve.stdout.waitForLine(/begins to work/);
    const objects = await platform.bucket("v1-objects");
    const id = newId();
    await objects.put(projectKey(id), projectRecord(id));
    const shown = await waitFor(
      () => {
        const status = JSON.parse(watch.stdout.lines.at(-1) ?? "{}") as Status;
        return status.pending === 0 &&
          status.instance.state === "ready" &&
          (status.objects["project"]?.["done"] ?? 0) >= 2
          ? status
          : undefined;
      },
      { deadlineMs: 20_000, what: "the project to be done" },
    );
    expect(shown.pending).toBe(0);
    watch.kill("SIGINT");
    expect((await watch.waitForExit()).code).toBe(130);
    serve.kill("SIGTERM");
    expect((await serve.waitForExit()).code).toBe(0);
  });
});
