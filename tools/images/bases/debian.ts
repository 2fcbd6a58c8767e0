// SPDX-License-Identifier: Apache-2.0
import { access } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { authoritiesPath, type Materials } from "./materials.ts";
import type { BaseRecipe } from "./recipe.ts";
import { type RootFilesystem, sharedLibraries } from "./root-filesystem.ts";

/** What the RUN lines of our Dockerfiles call. */
const shellPrograms = [
  "sh",
  "cat",
  "chmod",
  "cp",
  "cut",
  "env",
  "find",
  "grep",
  "ls",
  "mkdir",
  "mv",
  "rm",
  "sha256sum",
  "test",
];

/** What airunner's worker and its jobs find in Debian beside that, as far as our tests and demos use it. */
const jobPrograms = [
  "bash",
  "chown",
  "date",
  "dirname",
  "echo",
  "false",
  "head",
  "id",
  "kill",
  "ln",
  "mkfifo",
  "ps",
  "pwd",
  "sed",
  "seq",
  "setsid",
  "sleep",
  "sort",
  "stty",
  "tail",
  "tee",
  "touch",
  "tr",
  "true",
  "uname",
  "wc",
];

/** Parts of glibc that programs load late, or that only other programs than Node name. */
const lateLibraries = [
  "libresolv.so.2",
  "librt.so.1",
  "libutil.so.1",
  "libnss_dns.so.2",
  "libnss_files.so.2",
];

/** What a build stage needs of Debian's slim Node image: Node, npm, a shell and its usual programs. */
export function nodeSlimRecipe(materials: Materials): BaseRecipe {
  return {
    name: "node-slim",
    revision: 1,
    inputs: [materials.node, materials.npm, materials.authorities],
    fill: (root) => fillNodeSlim(root, materials),
    config: [
      "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      // npm and pnpm bring their own list of authorities, without the one of this machine's network.
      `ENV NODE_EXTRA_CA_CERTS=${authoritiesPath}`,
      // Where such bases are needed, name servers often drop one of two queries sent at once: five seconds each.
      'ENV RES_OPTIONS="single-request timeout:1 attempts:5"',
      "ENV npm_config_network_concurrency=8",
      'CMD ["node"]',
    ],
  };
}

/** The shape of the distroless Node image: Node at /nodejs/bin/node as entry point, and no shell. */
export function distrolessRecipe(materials: Materials): BaseRecipe {
  return {
    name: "distroless-node",
    revision: 1,
    inputs: [materials.node, materials.authorities],
    fill: (root) => fillDistroless(root, materials),
    config: [
      "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/nodejs/bin",
      `ENV SSL_CERT_FILE=${authoritiesPath}`,
      'ENTRYPOINT ["/nodejs/bin/node"]',
      "WORKDIR /home/nonroot",
    ],
  };
}

/** Debian slim after the packages of airunner's Dockerfile: a shell, git and an init, and the libraries that Node wants. */
export function debianSlimRecipe(materials: Materials): BaseRecipe {
  return {
    name: "debian-slim",
    revision: 2,
    inputs: [materials.authorities, materials.node, materials.tini, gitPath],
    fill: (root) => fillDebianSlim(root, materials),
    config: ["ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 'CMD ["bash"]'],
  };
}

async function fillNodeSlim(root: RootFilesystem, materials: Materials): Promise<void> {
  await fillDebian(root, materials);
  await root.copyProgram(materials.node, "/usr/local/bin/node");
  await root.copyFolder(materials.npm, "/usr/local/lib/node_modules/npm");
  for (const name of ["npm", "npx"]) {
    await root.link(`/usr/local/bin/${name}`, `../lib/node_modules/npm/bin/${name}-cli.js`);
  }
  await copyPrograms(root, shellPrograms);
}

async function copyPrograms(root: RootFilesystem, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const path = await whichProgram(name);
    await root.copyProgram(path, name === "sh" ? "/bin/sh" : `/usr/bin/${name}`);
  }
}

const gitPath = "/usr/bin/git";

async function fillDebianSlim(root: RootFilesystem, materials: Materials): Promise<void> {
  await fillDebian(root, materials);
  await copyPrograms(root, [...shellPrograms, ...jobPrograms]);
  await root.link("/bin/bash", "/usr/bin/bash");
  await root.copyProgram(materials.tini, "/usr/bin/tini");
  for (const library of await sharedLibraries(materials.node)) await root.copy(library);
  await copyGit(root);
}

/** Git with the helpers of its transports; the others are links to git itself. */
async function copyGit(root: RootFilesystem): Promise<void> {
  await root.copyProgram(gitPath);
  const { stdout: helpers } = await execa(gitPath, ["--exec-path"]);
  await root.copyFolder(helpers, helpers);
  for (const library of await sharedLibraries(join(helpers, "git-remote-http"))) await root.copy(library);
  await root.copyFolder("/usr/share/git-core/templates", "/usr/share/git-core/templates");
  if (await exists("/usr/bin/ssh")) await root.copyProgram("/usr/bin/ssh");
}

async function fillDistroless(root: RootFilesystem, materials: Materials): Promise<void> {
  await fillDebian(root, materials);
  await root.copyProgram(materials.node, "/nodejs/bin/node");
  await root.copyFolder("/usr/share/zoneinfo", "/usr/share/zoneinfo");
}

async function fillDebian(root: RootFilesystem, { authorities, node }: Materials): Promise<void> {
  await root.copy(authorities, authoritiesPath);
  const users = [
    "root:x:0:0:root:/root:/sbin/nologin",
    "nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin",
    "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin",
  ];
  await root.write("/etc/passwd", `${users.join("\n")}\n`);
  await root.write("/etc/group", "root:x:0:\nnobody:x:65534:\nnonroot:x:65532:\n");
  await root.write("/etc/nsswitch.conf", "hosts: files dns\n");
  await root.write("/home/nonroot/.keep", "");
  for (const library of await lateLibrariesBeside(node)) await root.copy(library);
}

async function lateLibrariesBeside(program: string): Promise<string[]> {
  const libc = (await sharedLibraries(program)).find((path) => path.endsWith("/libc.so.6"));
  if (libc === undefined) throw new Error(`${program} does not use glibc; base images need one that does.`);
  const paths = lateLibraries.map((name) => join(dirname(libc), name));
  const present = await Promise.all(paths.map(exists));
  return paths.filter((_path, index) => present[index]);
}

async function whichProgram(name: string): Promise<string> {
  for (const folder of ["/usr/bin", "/bin"]) if (await exists(join(folder, name))) return join(folder, name);
  throw new Error(`This machine has no ${name} in /usr/bin or /bin.`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
