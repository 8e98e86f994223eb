import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';

export interface StaticFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  readonly cacheControl: string;
}

const contentTypes: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.json', 'application/json; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.ico', 'image/x-icon'],
  ['.woff2', 'font/woff2'],
  ['.wasm', 'application/wasm'],
  ['.txt', 'text/plain; charset=utf-8'],
]);

const notBuiltPage = `<!doctype html>
<html lang="en">
<title>Millrace</title>
<h1>The designer is not built</h1>
<p>The server runs, but the page of the designer is missing. Run <code>npm run build</code>, then start the server again.</p>
</html>
`;

/**
 * The files of the designer, read once: what is not in this map cannot be fetched, so no request ever becomes a path on the disk.
 * Files below `assets/` have their content's hash in their names and never change.
 */
export class StaticFiles {
  readonly #files: ReadonlyMap<string, StaticFile>;
  readonly #page: StaticFile;

  private constructor(files: ReadonlyMap<string, StaticFile>) {
    this.#files = files;
    this.#page = files.get('/index.html') ?? {
      body: new TextEncoder().encode(notBuiltPage),
      contentType: 'text/html; charset=utf-8',
      cacheControl: 'no-cache',
    };
  }

  /** @param directory the built designer; it may be missing. */
  static read(directory: string): StaticFiles {
    const files = new Map<string, StaticFile>();
    if (existsSync(directory)) {
      for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        const address = `/${relative(directory, path).split(sep).join('/')}`;
        files.set(address, {
          body: new Uint8Array(readFileSync(path)),
          contentType: contentTypes.get(extname(entry.name)) ?? 'application/octet-stream',
          cacheControl: address.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
        });
      }
    }
    return new StaticFiles(files);
  }

  /** The file at an address; the page itself for `/` and for the address of a pipeline. */
  at(address: string): StaticFile | undefined {
    if (address === '/' || /^\/p\/[a-z0-9-]{1,63}\/?$/.test(address)) return this.#page;
    return this.#files.get(address);
  }
}
