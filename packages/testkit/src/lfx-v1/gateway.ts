// SPDX-License-Identifier: Apache-2.0
import type { Answer, GrantedToken } from "./token-endpoint.ts";

/** A user as v1 gives it. `Username` may be empty, as it is for some. */
export interface LfxV1User {
  readonly Username: string;
  readonly Email?: string;
  readonly FirstName?: string;
  readonly LastName?: string;
}

export interface LfxV1Organization {
  readonly Name: string;
  /** e.g. `example.org` */
  readonly Domains?: string;
}

/** What a path of the gateway leads to. */
export interface Target {
  readonly endpoint: "user" | "organization";
  readonly id: string;
}

const routes = [
  ["user", "/v1/users/"],
  ["user", "/user-service/v1/users/"],
  ["organization", "/organization-service/v1/orgs/"],
] as const;

/** @returns `undefined` where the gateway has no such path, also for an id that was not encoded */
export function parseTarget(path: string): Target | undefined {
  for (const [endpoint, prefix] of routes) {
    if (!path.startsWith(prefix)) continue;
    const encoded = path.slice(prefix.length);
    if (encoded === "" || /[/?#]/.test(encoded)) return undefined;
    try {
      return { endpoint, id: decodeURIComponent(encoded) };
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** What is wrong with the credentials of a request, if anything. */
export function refuseToken(
  authorization: string | undefined,
  audience: string,
  find: (token: string) => GrantedToken | undefined,
): Answer | undefined {
  const token = /^Bearer ([\w-]+)$/.exec(authorization ?? "")?.[1];
  const granted = token === undefined ? undefined : find(token);
  if (granted === undefined) return { status: 401, body: { message: "Unauthorized" } };
  return granted.audience === audience ? undefined : { status: 401, body: { message: "Invalid audience" } };
}

export function answerUser(id: string, user: LfxV1User | undefined): Answer {
  if (user === undefined) return { status: 404, body: { Message: "user not found" } };
  return {
    status: 200,
    body: { ID: id, Email: "", FirstName: "", LastName: "", Type: "community", ...user },
  };
}

export function answerOrganization(id: string, organization: LfxV1Organization | undefined): Answer {
  if (organization === undefined) return { status: 404, body: { Message: "organization not found" } };
  return { status: 200, body: { ID: id, Domains: "", Type: "Customer", ...organization } };
}
