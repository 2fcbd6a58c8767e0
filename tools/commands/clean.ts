// SPDX-License-Identifier: Apache-2.0
// `pnpm clean`: removes what building and testing left in the work tree; installed modules and server caches stay.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readMembers } from "../workspace/members.ts";

const folders = [".", ...(await readMembers()).map((member) => member.folder)];
for (const folder of folders) {
  for (const name of ["dist", ".types", ".turbo", "coverage"]) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}
