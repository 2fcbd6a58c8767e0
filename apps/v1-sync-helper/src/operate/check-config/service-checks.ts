// SPDX-License-Identifier: MIT
import { createHttpClient, type Environment } from "@repo/http-retry";
import type { ServiceName } from "../../objects/plan.ts";
import type { V2 } from "../serve/open-v2.ts";
import { untilSigning } from "../until-signing.ts";
import { CheckSkipped } from "./check.ts";

const timeoutMs = 5000;

/** `/readyz` of a service, at its base address. */
export async function checkReady(url: string | undefined, env: Environment): Promise<string> {
  if (url === undefined)
    throw new CheckSkipped("COMMITTEE_SERVICE_URL is not set: committees and members are parked");
  const { origin, pathname } = new URL(url);
  await using client = createHttpClient({
    origin,
    env,
    timeoutMs,
    policy: { maxAttempts: 1 },
    accept: () => true,
  });
  const path = `${pathname.replace(/\/$/, "")}/readyz`;
  const { status } = await client.request({ method: "GET", path });
  if (status === 200) return `${url} is ready`;
  throw new Error(`${url}/readyz answers ${status}.`);
}

/** An id that nothing has: 404 says that the token was taken. */
const nobody = "00000000-0000-4000-8000-000000000000";

/** A GET with a signed token, which changes nothing. */
export async function checkToken(v2: V2, service: ServiceName): Promise<string> {
  if (!v2.services.has(service)) throw new CheckSkipped("its address is not set");
  await requireSigning(v2);
  const path = service === "project" ? `/projects/${nobody}` : `/committees/${nobody}`;
  await v2.services.get(service, path);
  return `takes our token, as ${v2.identity.self.principal}`;
}

/** The project under which all others go; found over NATS. */
export async function checkRoot(v2: V2): Promise<string> {
  await requireSigning(v2);
  const uid = await v2.services.rootUid();
  const root = await v2.services.get("project", `/projects/${uid}`);
  if (root === undefined) throw new Error(`lfx.projects-api.slug_to_uid says ${uid}, which is not there.`);
  return `is ${uid}`;
}

async function requireSigning({ identity }: V2): Promise<void> {
  const { isReady, reason } = await untilSigning(identity, timeoutMs);
  if (!isReady) throw new Error(reason ?? "The signing key is not ready.");
}
