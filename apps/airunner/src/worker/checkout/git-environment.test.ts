// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { createGitEnvironment } from "./git-environment.ts";

test("gives git its logins and proxies and nothing else of the worker", ({ expect }) => {
  const worker = {
    PATH: "/bin",
    SSH_AUTH_SOCK: "/a",
    HTTPS_PROXY: "p",
    no_proxy: "n",
    HOME: "",
    AIRUNNER_TOKEN: "t",
    GIT_DIR: "x",
  };
  expect(createGitEnvironment(worker)).toEqual({
    PATH: "/bin",
    SSH_AUTH_SOCK: "/a",
    HTTPS_PROXY: "p",
    no_proxy: "n",
  });
});
