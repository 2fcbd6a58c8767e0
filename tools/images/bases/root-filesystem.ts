// SPDX-License-Identifier: Apache-2.0
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";

/** A folder that becomes the file system of an image. Paths are absolute, as inside the image. */
export interface RootFilesystem extends AsyncDisposable {
  readonly folder: string;
  /** Copies a file of this machine, following links; keeps its mode. */
  copy(from: string, to?: string): Promise<void>;
  /** Copies a folder of this machine with all that is in it. */
  copyFolder(from: string, to: string): Promise<void>;
  /** Copies a program of this machine and the shared libraries that it names. */
  copyProgram(from: string, to?: string): Promise<void>;
  write(path: string, text: string, mode?: number): Promise<void>;
  link(path: string, target: string): Promise<void>;
}

/** A new file system with the folders that every image has. */
export async function createRootFilesystem(): Promise<RootFilesystem> {
  const folder = await mkdtemp(join(tmpdir(), "image-base-"));
  const inside = async (path: string): Promise<string> => {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    return target;
  };
  const copy = async (from: string, to = from) => copyFile(from, await inside(to));
  await chmod(folder, 0o755);
  for (const path of ["dev", "etc", "home", "proc", "root", "run", "sys", "usr/bin", "usr/lib", "var"]) {
    await mkdir(join(folder, path), { recursive: true });
  }
  // mkdir's mode is cut by the umask, and /tmp needs its sticky bit.
  await mkdir(join(folder, "tmp"));
  await chmod(join(folder, "tmp"), 0o1777);
  return {
    folder,
    copy,
    async copyFolder(from, to) {
      await execa("cp", ["--archive", "--no-preserve=ownership", `${from}/.`, await inside(join(to, "."))]);
    },
    async copyProgram(from, to = from) {
      await copy(from, to);
      for (const library of await sharedLibraries(from)) await copy(library);
    },
    async write(path, text, mode = 0o644) {
      const target = await inside(path);
      await writeFile(target, text);
      await chmod(target, mode);
    },
    async link(path, target) {
      await symlink(target, await inside(path));
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Paths of what the dynamic loader of this machine would load for a program; empty for a static one. */
export async function sharedLibraries(program: string): Promise<readonly string[]> {
  const { exitCode, stdout } = await execa("ldd", [program], { reject: false });
  return exitCode === 0 ? librariesIn(stdout) : [];
}

/** The paths in the output of ldd: `libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x…)` and the loader's own. */
export function librariesIn(text: string): readonly string[] {
  return [...text.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x/gm)].map((match) => match[1] ?? "");
}
