import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** What an app is made of, and what makes it. */
const APP = ['bin', 'command-line', 'lib', 'lambda', 'fargate', 'backbone', 'packages', 'package.json', 'tsconfig.json', 'cdk.json'];

/** The app in a folder of its own. */
export class AppCopy {
  readonly root = mkdtempSync(join(tmpdir(), 'realtime-lanes-copy-'));

  /** `bin` and `lib`, which a test may edit, are copies; everything else is a link into the repository. */
  static linked(): AppCopy {
    return new AppCopy(['bin', 'lib'], readdirSync(ROOT));
  }

  /** A copy that can be type-checked, without tests. */
  static whole(): AppCopy {
    return new AppCopy(APP, ['node_modules']);
  }

  private constructor(copied: readonly string[], linked: readonly string[]) {
    const filter = (path: string) => !/packages\/[^/]+\/test$/.test(path);
    for (const name of copied) cpSync(join(ROOT, name), join(this.root, name), { recursive: true, filter });
    for (const name of linked.filter((entry) => entry !== '.git' && !copied.includes(entry))) {
      symlinkSync(join(ROOT, name), join(this.root, name));
    }
  }

  /** @throws Error where the change makes no difference */
  edit(file: string, change: (source: string) => string): this {
    const path = join(this.root, file);
    const source = readFileSync(path, 'utf8');
    const changed = change(source);
    if (changed === source) throw new Error(`nothing to change in ${file}`);
    writeFileSync(path, changed);
    return this;
  }

  /** Adds a file, and the folders that it is in. */
  write(file: string, content: string): this {
    const path = join(this.root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return this;
  }

  /** Does what removes a lane: deletes its line in `lib/lanes.ts`, and the folder named after it. */
  withoutLane(name: string): this {
    this.edit('lib/lanes.ts', (source) => source.replace(new RegExp(`^export \\{ ${name} \\}.*\\n`, 'm'), ''));
    rmSync(join(this.root, 'lib', name), { recursive: true });
    return this;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
