// SPDX-License-Identifier: MIT
import type { LfxV1Organization, LfxV1User } from "@repo/testkit/lfx-v1";

/** In whose name v2 has to be called: the claims of the token, as the user's brief has them. */
export interface ExpectedAuthor {
  readonly principal: string;
  readonly sub: string;
  readonly email?: string;
}

export const fallbackAuthor: ExpectedAuthor = {
  principal: "v1_sync_helper@clients",
  sub: "v1_sync_helper",
};

function suffix(n: number): string {
  return String(n).padStart(4, "0");
}

/** v1's users by id; some lack what a principal needs. */
export const users: ReadonlyMap<string, LfxV1User> = new Map(
  Array.from({ length: 40 }, (_, n) => {
    const user = { FirstName: `First${n}`, LastName: `Last${n}` };
    const names = { Username: `user${n}`, Email: `user${n}@people.example.org` };
    // The seventh kind of each ten has no e-mail address, the eighth no username, the ninth one with a blank, the last one with @.
    if (n % 10 === 6) return [personId(n), { ...user, Username: names.Username }];
    if (n % 10 === 7) return [personId(n), { ...user, Username: "", Email: names.Email }];
    if (n % 10 === 8) return [personId(n), { ...user, Username: `user ${n}`, Email: names.Email }];
    if (n % 10 === 9) return [personId(n), { ...user, Username: `user${n}@x.org`, Email: names.Email }];
    return [personId(n), { ...user, ...names }];
  }),
);

export function personId(n: number): string {
  return `00341000XPers${suffix(n)}A`;
}

export const organizations: ReadonlyMap<string, LfxV1Organization> = new Map(
  Array.from({ length: 12 }, (_, n) => [
    `00141000XOrga${suffix(n)}A`,
    { Name: `Organization ${n}`, ...(n % 4 !== 3 && { Domains: `org${n}.example.com` }) },
  ]),
);

/** What stands in `lastmodifiedbyid`: people, machines, and what names nobody. */
export const editors: readonly (string | null)[] = [
  ...users.keys(),
  ...Array.from({ length: 10 }, (_, n) => `svc${n}@clients`),
  ...Array.from({ length: 4 }, (_, n) => `00341000XNobo${suffix(n)}A`),
  "platform",
  "00541000001AbCdAAK",
  null,
];

/** By the user's brief: a machine is itself, a person their username, anybody else the fallback. */
export function authorBy(editor: string | null): ExpectedAuthor {
  if (editor === null) return fallbackAuthor;
  if (editor.endsWith("@clients")) return { principal: editor, sub: editor.slice(0, -"@clients".length) };
  const user = users.get(editor);
  if (user === undefined || user.Username === "" || /[\s@]/.test(user.Username)) return fallbackAuthor;
  const { Username, Email } = user;
  return { principal: Username, sub: Username, ...(Email !== undefined && { email: Email }) };
}

/** Whether v1 has to be asked who it is. */
export function needsLookup(editor: string | null): boolean {
  return editor?.startsWith("003") === true;
}
