import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** The folders whose files a test may edit. */
const COPIED = ['bin', 'lib'];

/** The app in a folder of its own: `bin` and `lib` are copies, everything else is a link into the repository. */
export class AppCopy {
  readonly root = mkdtempSync(join(tmpdir(), 'realtime-lanes-copy-'));

  constructor() {
    for (const name of readdirSync(ROOT)) {
      if (name === '.git') continue;
      if (COPIED.includes(name)) cpSync(join(ROOT, name), join(this.root, name), { recursive: true });
      else symlinkSync(join(ROOT, name), join(this.root, name));
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
