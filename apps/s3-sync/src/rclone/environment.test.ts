// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { proxySecrets, toRcloneEnvironment } from "./environment.ts";

test("passes on nothing that could redirect or silence rclone", ({ expect }) => {
  const env = {
    PATH: "/bin",
    RCLONE_DRY_RUN: "true",
    RCLONE_S3_ENDPOINT: "x",
    AWS_CA_BUNDLE: "y",
    SOURCE_SECRET_KEY: "z",
    TZ: "",
    GOGC: "25",
  };
  expect(toRcloneEnvironment(env)).toEqual({ HOME: "/nonexistent", PATH: "/bin", GOGC: "25" });
});

test("finds the passwords of proxies, as written and decoded", ({ expect }) => {
  expect(
    proxySecrets({
      HTTPS_PROXY: "http://u:p%40ss@proxy:1",
      HTTP_PROXY: "proxy:1",
      http_proxy: "http://proxy:1",
    }),
  ).toEqual(["p%40ss", "p@ss"]);
});
