// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";

/** Someone whom the API server knows by a token that never changes. */
export interface StaticUser {
  readonly name: string;
  readonly groups: readonly string[];
}

/** The user that a pod with this ServiceAccount acts as: the RBAC of a chart can be tried with its token. */
export function serviceAccountUser(namespace: string, name: string): StaticUser {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`],
  };
}

/** Tokens by user name, and the file that tells the API server about them. */
export interface StaticTokens {
  /** @throws {TypeError} for a user who was not named at the start */
  tokenOf(user: string): string;
  readonly file: string;
}

/** Draws a random token for each user. */
export function createStaticTokens(users: readonly StaticUser[]): StaticTokens {
  const tokens = new Map(users.map((user) => [user.name, randomBytes(24).toString("hex")]));
  const lines = users.map(
    (user, index) => `${tokens.get(user.name)},${user.name},${index},"${user.groups.join(",")}"\n`,
  );
  return {
    file: lines.join(""),
    tokenOf(user) {
      const token = tokens.get(user);
      if (token === undefined) throw new TypeError(`the cluster was not started with a user named "${user}"`);
      return token;
    },
  };
}
