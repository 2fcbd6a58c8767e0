// SPDX-License-Identifier: Apache-2.0
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { authoritiesPath, type Materials } from "./materials.ts";
import type { BaseRecipe } from "./recipe.ts";
import type { RootFilesystem } from "./root-filesystem.ts";

/** Names that musl gives machines. */
const machine = process.arch === "arm64" ? "aarch64" : "x86_64";

/** What an image of ours takes from Alpine: musl, the certificate authorities, a user database. No shell. */
export function alpineRecipe(materials: Materials): BaseRecipe {
  return {
    name: "alpine",
    revision: 1,
    inputs: [materials.musl, materials.authorities],
    fill: (root) => fillAlpine(root, materials),
    config: ["ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
  };
}

/** Alpine with Node at /usr/local/bin/node and its C++ libraries in /usr/lib, as the public image has them. */
export function nodeAlpineRecipe(materials: Materials): BaseRecipe {
  const alpine = alpineRecipe(materials);
  return {
    ...alpine,
    name: "node-alpine",
    inputs: [...alpine.inputs, materials.nodeForMusl],
    fill: async (root) => {
      await fillAlpine(root, materials);
      await root.copy(materials.nodeForMusl, "/usr/local/bin/node");
      for (const library of await readdir(materials.muslLibraries)) {
        await root.copy(join(materials.muslLibraries, library), `/usr/lib/${library}`);
      }
    },
  };
}

async function fillAlpine(root: RootFilesystem, { musl, authorities }: Materials): Promise<void> {
  await root.copy(musl, `/lib/ld-musl-${machine}.so.1`);
  await root.link(`/lib/libc.musl-${machine}.so.1`, `ld-musl-${machine}.so.1`);
  await root.copy(authorities, authoritiesPath);
  await root.write(
    "/etc/passwd",
    "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n",
  );
  await root.write("/etc/group", "root:x:0:\nnobody:x:65534:\n");
}
