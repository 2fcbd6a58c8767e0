// SPDX-License-Identifier: Apache-2.0
import type { HttpResponse } from "@repo/http-retry";
import { test } from "vitest";
import { fieldOf, readPage } from "./listing-page.ts";

function answer(body: string, status = 200): HttpResponse {
  const bytes = Buffer.from(body);
  return { status, headers: {}, body: bytes, attempts: 1, text: () => body, json: () => undefined };
}

function keysOf(body: string): string[] | undefined {
  const page = readPage(
    answer(`<?xml version="1.0"?><ListBucketResult xmlns="x">${body}</ListBucketResult>\n`),
  );
  return page?.contents.map((content) => page.decodeKey(fieldOf(content, "Key")));
}

const contents = (key: string): string => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`;

test.for([
  ["no objects", "", []],
  ["entities", contents("a&amp;b&#x1;&lt;Contents&gt;"), ["a&b\u0001<Contents>"]],
  ["an announced encoding", `<EncodingType>url</EncodingType>${contents("a%2F.%2Fb+c%2B")}`, ["a/./b c+"]],
  ["percent signs without one", contents("100%2F+"), ["100%2F+"]],
  ["two objects", contents("a") + contents("b"), ["a", "b"]],
] as const)("reads keys with %s", ([, body, keys], { expect }) => {
  expect(keysOf(body)).toEqual(keys);
});

test.for([
  ["a cut document", "<ListBucketResult><Contents><Key>a</Key>", 200],
  ["another document", "<Error><Code>AccessDenied</Code></Error>", 200],
  ["an error's status", "<ListBucketResult></ListBucketResult>", 500],
  ["a page of HTML", "<html><ListBucketResult2></html>", 200],
] as const)("takes %s for no listing", ([, body, status], { expect }) => {
  expect(readPage(answer(body, status))).toBeUndefined();
});

test("tells whether more follows", ({ expect }) => {
  const page = (more: string): string =>
    `<ListBucketResult><IsTruncated>${more}</IsTruncated>${contents("<IsTruncated>")}</ListBucketResult>`;
  expect(readPage(answer(page("true")))?.isTruncated).toBe(true);
  expect(readPage(answer(page("false")))?.isTruncated).toBe(false);
});
