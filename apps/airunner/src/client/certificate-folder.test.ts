// SPDX-License-Identifier: Apache-2.0
import { resolve } from "node:path";
import { test } from "vitest";
import { defaultCertificateFolder } from "./certificate-folder.ts";

test.for([
  ["AIRUNNER_CERT_DIR first", { AIRUNNER_CERT_DIR: "/c", XDG_CONFIG_HOME: "/x", HOME: "/h" }, "/c"],
  ["a relative AIRUNNER_CERT_DIR", { AIRUNNER_CERT_DIR: "certs" }, resolve("certs")],
  ["XDG_CONFIG_HOME", { XDG_CONFIG_HOME: "/x", HOME: "/h" }, "/x/airunner/certificates"],
  [
    "HOME where XDG_CONFIG_HOME is relative",
    { XDG_CONFIG_HOME: "x", HOME: "/h" },
    "/h/.config/airunner/certificates",
  ],
  [
    "HOME where the others are empty",
    { AIRUNNER_CERT_DIR: " ", XDG_CONFIG_HOME: "", HOME: "/h" },
    "/h/.config/airunner/certificates",
  ],
] as const)("takes %s", ([, env, folder], { expect }) => {
  expect(defaultCertificateFolder(env)).toBe(folder);
});
