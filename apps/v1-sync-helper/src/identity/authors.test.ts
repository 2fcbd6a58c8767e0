// SPDX-License-Identifier: MIT
import { test } from "vitest";
import type { Person } from "../objects/world.ts";
import { UnavailableError } from "../unavailable-error.ts";
import { createAuthors } from "./authors.ts";

/** The rows of "Who is the principal?" in the description of the original, as the brief decides them. */
const people: Readonly<Record<string, Person>> = {
  "0034100001XyZaaAAF": { username: "jdoe", email: "jane@example.org" },
  "5f0c": { username: "noemail" },
  spaced: { username: "jane doe", email: "jane@example.org" },
  address: { username: "jane@example.org", email: "jane@example.org" },
  machinelike: { username: "svc1@clients" },
  broken: { username: "j\r\nx-evil: 1" },
};

const fallback = {
  principal: "v1_sync_helper@clients",
  subject: "v1_sync_helper",
  kind: "fallback",
};

function authors(asked: string[] = []) {
  return createAuthors("v1_sync_helper", async (id) => {
    asked.push(id);
    return Object.hasOwn(people, id) ? people[id] : undefined;
  });
}

test.for([
  [
    "a machine",
    "svc1@clients",
    { principal: "svc1@clients", subject: "svc1", onBehalfOf: "svc1", kind: "machine" },
    0,
  ],
  [
    "a person",
    "0034100001XyZaaAAF",
    { principal: "jdoe", subject: "jdoe", email: "jane@example.org", onBehalfOf: "jdoe", kind: "person" },
    1,
  ],
  [
    "a person without an e-mail address",
    "5f0c",
    { principal: "noemail", subject: "noemail", onBehalfOf: "noemail", kind: "person" },
    1,
  ],
  ["nobody", undefined, fallback, 0],
  ["an empty text", "", fallback, 0],
  ["the platform", "platform", fallback, 0],
  ["a user of Salesforce", "00541000001AbCdAAK", fallback, 0],
  ["somebody whom v1 does not know", "gone", fallback, 1],
  ["a username with a space", "spaced", fallback, 1],
  ["a username that is an address", "address", fallback, 1],
  ["a username that looks like a machine's", "machinelike", fallback, 1],
  ["a username that would break a header", "broken", fallback, 1],
] as const)("%s", async ([, lastModifiedBy, expected, lookups], { expect }) => {
  const asked: string[] = [];
  const author = await authors(asked).authorOf(lastModifiedBy);
  const { why, ...rest } = author;
  expect(rest).toEqual(expected);
  expect(why !== undefined).toBe(expected.kind === "fallback");
  expect(asked).toHaveLength(lookups);
});

test("does not say in why who it was", async ({ expect }) => {
  for (const id of Object.keys(people)) {
    const { why = "" } = await authors().authorOf(id);
    expect(why).not.toMatch(/jane|example|evil|svc1/);
  }
});

test("reads are made as the program itself", ({ expect }) => {
  const { self, fallback: nobody } = authors();
  expect(self).toEqual({ principal: "v1_sync_helper@clients", subject: "v1_sync_helper", kind: "machine" });
  expect(nobody).toEqual(fallback);
});

test("does not take somebody for nobody because v1 is away", async ({ expect }) => {
  const away = new UnavailableError({ code: "lookup_unavailable", message: "v1 could not be asked." });
  const { authorOf } = createAuthors("v1_sync_helper", () => Promise.reject(away));
  await expect(authorOf("jdoe")).rejects.toBe(away);
});
