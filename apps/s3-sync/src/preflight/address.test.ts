// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import type { Side } from "../side.ts";
import { addressOf, requestPath } from "./address.ts";

const side: Side = {
  role: "source",
  endpoint: new URL("https://s3.example.com:9000"),
  bucket: "my_bucket",
  prefix: "",
  region: "",
  provider: "Other",
  pathStyle: true,
  credentials: { accessKeyId: "a", secretAccessKey: "b" },
};

test.for([
  [true, "", {}, "https://s3.example.com:9000/my_bucket"],
  [true, "a b/ü+'(1)", {}, "https://s3.example.com:9000/my_bucket/a%20b/%C3%BC%2B%27%281%29"],
  [
    true,
    "",
    { "max-keys": "2", prefix: "a/&=" },
    "https://s3.example.com:9000/my_bucket?max-keys=2&prefix=a%2F%26%3D",
  ],
  [false, "", {}, "https://my_bucket.s3.example.com:9000/"],
  [false, "../x", { uploads: "" }, "https://my_bucket.s3.example.com:9000/../x?uploads="],
] as const)("path style %s, key %j, query %j is %s", ([pathStyle, key, query, expected], { expect }) => {
  const address = addressOf({ ...side, pathStyle });
  expect(address.origin + requestPath(address, key, query)).toBe(expected);
});
