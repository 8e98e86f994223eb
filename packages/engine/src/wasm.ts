/** The part of WebAssembly that is used. Each program that this module is part of knows other types of it, or none. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** By that many pages of 64 KiB. */
  grow(pages: number): number;
}

/** A number that both sides may change. */
export interface WasmGlobal {
  value: number;
}

interface Platform {
  readonly WebAssembly: {
    readonly Module: new (code: Uint8Array) => object;
    readonly Instance: new (module: object) => { readonly exports: object };
  };
}

/**
 * What a module exports, which is given in hexadecimal digits and imports nothing.
 * @throws where the platform has no WebAssembly, or does not allow it
 */
export function wasmExports<Exports>(hex: string): Exports {
  const code = Uint8Array.from({ length: hex.length / 2 }, (_, at) =>
    Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16),
  );
  const { WebAssembly } = globalThis as unknown as Platform;
  return new WebAssembly.Instance(new WebAssembly.Module(code)).exports as Exports;
}
