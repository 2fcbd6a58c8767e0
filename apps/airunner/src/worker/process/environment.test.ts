// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { createJobEnvironment } from "./environment.ts";

const ids = { jobId: "job-1", attempt: 3 };

test("takes PATH, HOME and LANG of the worker, and the job's own before them", ({ expect }) => {
  const worker = { PATH: "/w", HOME: "/home/w", LANG: "de_DE.UTF-8", AIRUNNER_TOKEN: "secret", EDITOR: "vi" };
  expect(createJobEnvironment({ worker, job: { HOME: "/job", A: "b" }, mode: "pipe", ...ids })).toEqual({
    PATH: "/w",
    HOME: "/job",
    LANG: "de_DE.UTF-8",
    A: "b",
    AIRUNNER_JOB_ID: "job-1",
    AIRUNNER_ATTEMPT: "3",
  });
});

test("has a value for each where the worker has none, and TERM in a terminal", ({ expect }) => {
  expect(createJobEnvironment({ worker: {}, job: {}, mode: "pty", ...ids })).toEqual({
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: "/",
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
    AIRUNNER_JOB_ID: "job-1",
    AIRUNNER_ATTEMPT: "3",
  });
});
