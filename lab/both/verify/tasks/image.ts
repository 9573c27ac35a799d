import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DockerfileParser } from 'dockerfile-ast';
import * as v from 'valibot';
import { CommandError, type Run } from '../../../../command-line/program.ts';
import { UnavailableError } from '../unavailable.ts';

/** The image of the service, built on this machine and unpacked. */
export interface UnpackedImage {
  /** Its files. */
  readonly root: string;
  readonly command: readonly string[];
  readonly workingDirectory: string;
  /** `<key>=<value>` */
  readonly env: readonly string[];
  /** Name of the user that it runs as. */
  readonly user: string;
}

const DEBIAN_MIRROR = 'http://deb.debian.org/debian';

/** The release that the official image of Node stands on (`bookworm-slim`). */
const DEBIAN_RELEASE = 'bookworm';

const CONFIG = v.pipe(
  v.object({
    OCIv1: v.object({
      config: v.object({
        User: v.string(),
        Env: v.array(v.string()),
        Cmd: v.array(v.string()),
        Entrypoint: v.optional(v.array(v.string()), []),
        WorkingDir: v.string(),
      }),
    }),
  }),
  v.transform(({ OCIv1 }) => OCIv1.config),
);

/**
 * Builds the image from its staged directory by its Dockerfile, with buildah, for the processor of this machine.
 *
 * Its base, the official image of Node, is on Docker Hub, which is not asked: a stand-in of that name is made from what that image
 * is made of, Debian's smallest system, the binary of the same version of Node, and the user `node`.
 *
 * @param directory holds everything that is made; the caller removes it
 * @throws UnavailableError where Debian cannot be had
 */
export async function buildImage(imageDirectory: string, directory: string, run: Run): Promise<UnpackedImage> {
  const dockerfile = await readFile(join(imageDirectory, 'Dockerfile'), 'utf8');
  const base = DockerfileParser.parse(dockerfile).getFROMs()[0]?.getImage() ?? '';
  const rootOfBase = join(directory, 'base');
  await bootstrapDebian(rootOfBase, run);
  await run('chroot', [rootOfBase, 'groupadd', '--gid', '1000', 'node']);
  await run('chroot', [rootOfBase, 'useradd', '--uid', '1000', '--gid', 'node', '--shell', '/bin/bash', '--create-home', 'node']);
  await copyFile(process.execPath, join(rootOfBase, 'usr/local/bin/node'));

  // Storage of its own, without any help of the kernel: whole copies, which work everywhere.
  await mkdir(join(directory, 'storage'));
  const buildah = (...args: readonly string[]) =>
    run('buildah', ['--root', join(directory, 'storage'), '--runroot', join(directory, 'run'), '--storage-driver', 'vfs', ...args]);
  const scratch = await buildah('from', 'scratch');
  await buildah('copy', '--quiet', scratch, rootOfBase, '/');
  await buildah('commit', '--quiet', '--rm', scratch, `docker.io/library/${base}`);
  const tag = 'localhost/realtime-lanes-sse';
  await buildah('build', '--isolation', 'chroot', '--pull=never', '--tag', tag, imageDirectory);
  const config = v.parse(CONFIG, JSON.parse(await buildah('inspect', '--type', 'image', tag)));
  const container = await buildah('from', '--pull=never', tag);
  return {
    root: await buildah('mount', container),
    command: [...config.Entrypoint, ...config.Cmd],
    workingDirectory: config.WorkingDir,
    env: config.Env,
    user: config.User,
  };
}

async function bootstrapDebian(root: string, run: Run): Promise<void> {
  // It mounts /proc there: in namespaces of its own, which end with it however it ends.
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child'];
  try {
    await run('unshare', [...namespaces, 'debootstrap', '--variant=minbase', DEBIAN_RELEASE, root, DEBIAN_MIRROR]);
  } catch (cause) {
    if (!(cause instanceof CommandError)) throw cause;
    throw new UnavailableError(`no image was built: debootstrap did not get Debian ${DEBIAN_RELEASE} from ${DEBIAN_MIRROR}`, { cause });
  }
}
