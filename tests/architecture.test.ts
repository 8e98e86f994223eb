import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What each part of the house may import of the others; what is absent is forbidden. The same table stands in ARCHITECTURE.md. */
const mayImport: Record<string, readonly string[]> = {
  'packages/expression': [],
  'packages/engine': ['@millrace/expression'],
  'packages/protocol': ['@millrace/engine'],
  'packages/api': ['@millrace/protocol', '@millrace/engine', '@millrace/expression'],
  'packages/lmdb-file': [],
  'packages/store-lmdb': ['@millrace/engine', '@millrace/lmdb-file'],
  'packages/backend-embedded': ['@millrace/engine', '@millrace/lmdb-file'],
  'packages/backend-kafka': ['@millrace/engine'],
  'apps/designer': ['@millrace/engine', '@millrace/expression', '@millrace/api'],
  'apps/server': [
    '@millrace/api',
    '@millrace/protocol',
    '@millrace/engine',
    '@millrace/expression',
    '@millrace/backend-embedded',
    '@millrace/backend-kafka',
  ],
  'apps/worker': [
    '@millrace/engine',
    '@millrace/protocol',
    '@millrace/backend-embedded',
    '@millrace/backend-kafka',
    '@millrace/store-lmdb',
  ],
  'apps/cli': ['@millrace/engine', '@millrace/expression', '@millrace/backend-embedded', '@millrace/api'],
};

/** Of these, only types may be imported: nothing of them is left when the program runs. */
const typesOnly: Record<string, readonly string[]> = {
  'apps/designer': ['@millrace/api'],
  'apps/cli': ['@millrace/api'],
};

/** Libraries that the pure packages may use. */
const pureLibraries: Record<string, readonly string[]> = {
  'packages/expression': ['acorn', 're2js'],
  'packages/engine': ['zod'],
};

const parts = ['packages', 'apps'].flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`));

interface Import {
  readonly file: string;
  readonly from: string;
  readonly isType: boolean;
}

function sourceFiles(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'dist' ? [] : sourceFiles(path);
    return /\.(ts|tsx)$/.test(entry.name) ? [path] : [];
  });
}

function importsOf(part: string, { tests = false } = {}): Import[] {
  return sourceFiles(join(root, part, 'src'))
    .filter((file) => tests || !(/\.test\.tsx?$/.test(file) || file.includes('/testing/')))
    .flatMap((file) => {
      const text = readFileSync(file, 'utf8');
      const statements = text.matchAll(/^\s*(import|export)\s+(type\s+)?[^;'"]*?from\s+['"]([^'"]+)['"]/gm);
      const bare = text.matchAll(/^\s*import\s+['"]([^'"]+)['"]/gm);
      const dynamic = text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g);
      return [
        ...[...statements].map((match) => ({ file, from: match[3] ?? '', isType: match[2] !== undefined })),
        ...[...bare, ...dynamic].map((match) => ({ file, from: match[1] ?? '', isType: false })),
      ];
    });
}

function manifest(part: string): {
  name: string;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
} {
  return {
    dependencies: {},
    devDependencies: {},
    ...JSON.parse(readFileSync(join(root, part, 'package.json'), 'utf8')),
  };
}

const isOurs = (name: string): boolean => name.startsWith('@millrace/');
const packageOf = (from: string): string =>
  from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');

describe('the house', () => {
  it('has exactly the parts of the import table', () => {
    expect(parts.toSorted()).toEqual(Object.keys(mayImport).toSorted());
  });

  it.each(parts)('%s lists only what it may import', (part) => {
    const { dependencies, devDependencies } = manifest(part);
    const listed = Object.keys({ ...dependencies, ...devDependencies }).filter(isOurs);
    expect(listed.filter((name) => !mayImport[part]?.includes(name))).toEqual([]);
  });

  it.each(parts)('%s imports of the house only what the table allows, and what it lists', (part) => {
    const { dependencies, devDependencies } = manifest(part);
    const listed = { ...dependencies, ...devDependencies };
    const wrong = importsOf(part)
      .filter(({ from }) => isOurs(from))
      .filter(({ from, isType }) => {
        const name = packageOf(from);
        const mustBeType = typesOnly[part]?.includes(name) ?? false;
        return !mayImport[part]?.includes(name) || !(name in listed) || (mustBeType && !isType);
      });
    expect(wrong.map(({ file, from }) => `${relative(root, file)} imports ${from}`)).toEqual([]);
  });

  it.each(parts)('%s reaches other parts by name, never by path', (part) => {
    const base = join(root, part);
    const wrong = importsOf(part, { tests: true })
      .filter(({ from }) => from.startsWith('.'))
      .filter(({ file, from }) => relative(base, resolve(dirname(file), from)).startsWith('..'));
    expect(wrong.map(({ file, from }) => `${relative(root, file)} imports ${from}`)).toEqual([]);
  });

  it.each(Object.keys(pureLibraries))(
    '%s uses no library beside the listed ones, and nothing of a platform',
    (part) => {
      const wrong = importsOf(part).filter(
        ({ from }) => !from.startsWith('.') && !isOurs(from) && !pureLibraries[part]?.includes(packageOf(from)),
      );
      expect(wrong.map(({ file, from }) => `${relative(root, file)} imports ${from}`)).toEqual([]);
      const settings = JSON.parse(readFileSync(join(root, part, 'tsconfig.json'), 'utf8'));
      expect(settings.compilerOptions.lib).toEqual(['ES2023']);
      expect(settings.compilerOptions.types).toEqual([]);
    },
  );

  it('keeps the runtime ignorant of node kinds: they meet only in the topology', () => {
    const wrong = importsOf('packages/engine').filter(
      ({ file, from }) => file.includes('/src/runtime/') && from.includes('/nodes/'),
    );
    expect(wrong.map(({ file, from }) => `${relative(root, file)} imports ${from}`)).toEqual([]);
  });

  it('names no machine path and no registry in what is committed', () => {
    const lockfile = readFileSync(join(root, 'package-lock.json'), 'utf8');
    expect(lockfile).not.toMatch(/"resolved": "https?:/);
  });

  it('imports kafkajs nowhere but in backend-kafka', () => {
    const wrong = parts
      .filter((part) => part !== 'packages/backend-kafka')
      .flatMap((part) => importsOf(part))
      .filter(({ from }) => from === 'kafkajs');
    expect(wrong).toEqual([]);
  });
});
