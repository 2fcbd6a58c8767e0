// SPDX-License-Identifier: Apache-2.0
import type { ServiceName } from "./api-error.ts";
import { committeeOperations } from "./committee-operations.ts";
import type { Operation } from "./operation.ts";
import { projectOperations } from "./project-operations.ts";

/** Where a request goes, by its method and path. */
export type Route =
  | {
      readonly kind: "operation";
      readonly operation: Operation;
      readonly uid: string;
      readonly memberUid: string;
      readonly needsVersion: boolean;
    }
  | { readonly kind: "health"; readonly path: "livez" | "readyz" }
  /** The path exists, for other methods. */
  | { readonly kind: "wrong-method"; readonly allow: string }
  | { readonly kind: "unknown" };

type Methods = Readonly<Record<string, Operation>>;

/** Path with `*` for each uid → its methods. */
const tables: Readonly<Record<ServiceName, ReadonlyMap<string, Methods>>> = {
  project: byPath(projectOperations),
  committee: byPath(committeeOperations),
};

function byPath(operations: Readonly<Record<string, readonly Operation[]>>): ReadonlyMap<string, Methods> {
  const entries = Object.entries(operations).map(
    ([path, list]) => [path, Object.fromEntries(list.map((each) => [each.method, each]))] as const,
  );
  return new Map(entries);
}

/** @param path without its query */
export function findRoute(service: ServiceName, method: string, path: string): Route {
  if (path === "/livez" || path === "/readyz") {
    if (method !== "GET") return { kind: "wrong-method", allow: "GET" };
    return { kind: "health", path: path === "/livez" ? "livez" : "readyz" };
  }
  const parts = path.split("/");
  const [, collection = "", uid, sub, memberUid] = parts;
  const pattern = patternOf(parts);
  const methods = tables[service].get(pattern);
  if (methods === undefined) return { kind: "unknown" };
  const operation = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (operation === undefined) return { kind: "wrong-method", allow: Object.keys(methods).join(", ") };
  const needsVersion = collection === "committees" && sub === "members";
  return { kind: "operation", operation, uid: unescaped(uid), memberUid: unescaped(memberUid), needsVersion };
}

/** `/committees/c1/members/m1` → the pattern with a star for each uid; an empty uid fits nothing. */
function patternOf(parts: readonly string[]): string {
  const [, collection, uid, sub, memberUid] = parts;
  switch (parts.length) {
    case 2:
      return `/${collection}`;
    case 3:
      return uid === "" ? "" : `/${collection}/*`;
    case 4:
      return uid === "" ? "" : `/${collection}/*/${sub}`;
    case 5:
      return uid === "" || memberUid === "" ? "" : `/${collection}/*/${sub}/*`;
    default:
      return "";
  }
}

function unescaped(part: string | undefined): string {
  if (part === undefined) return "";
  if (!part.includes("%")) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
