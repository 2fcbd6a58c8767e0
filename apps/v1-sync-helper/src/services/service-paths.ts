// SPDX-License-Identifier: MIT
import type { ServiceName } from "../objects/plan.ts";
import type { Reason } from "../reason.ts";

/** Keys of the services' stores are case-sensitive: an upper-case uid passes their checks and is then not found. */
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A uid of v2: a UUID in lower case. */
export function isUid(value: unknown): value is string {
  return typeof value === "string" && uuid.test(value);
}

/** What a path may look like; `*` is a uid. Members want `v=1`, the others do without. */
const shapes: Readonly<Record<ServiceName, readonly string[]>> = {
  project: ["projects", "projects/*", "projects/*/settings"],
  committee: [
    "committees",
    "committees/*",
    "committees/*/settings",
    "committees/*/members?v=1",
    "committees/*/members/*?v=1",
  ],
};

export const projectPath = (uid: string): string => `/projects/${encodeURIComponent(uid)}`;
export const committeePath = (uid: string): string => `/committees/${encodeURIComponent(uid)}`;
export const memberPath = (committeeUid: string, uid: string): string =>
  `/committees/${encodeURIComponent(committeeUid)}/members/${encodeURIComponent(uid)}?v=1`;

/**
 * Why nothing may be sent to this path: it is none of the service's, or what should be a uid in it is none.
 *
 * @returns `undefined` for a path that may be used
 */
export function pathProblem(service: ServiceName, path: string): Reason | undefined {
  const parts = path.replace(/\?.*$/s, "").slice(1).split("/");
  const query = path.includes("?") ? path.slice(path.indexOf("?")) : "";
  const isCollection = (at: number): boolean => at % 2 === 0 || parts[at] === "settings";
  const shape = parts.map((part, at) => (isCollection(at) ? part : "*")).join("/") + query;
  if (!path.startsWith("/") || !shapes[service].includes(shape)) {
    const message = `${JSON.stringify(path.slice(0, 200))} is no path of the ${service} service; report this as a defect.`;
    return { code: "internal", message };
  }
  const bad = parts.find((part, at) => !isCollection(at) && !uuid.test(part));
  if (bad === undefined) return undefined;
  const message = `${JSON.stringify(bad.slice(0, 80))} is no uid of v2, which is a UUID in lower case; mend or remove the mapping that holds it.`;
  return { code: "missing_in_v2", message };
}
