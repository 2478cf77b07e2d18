/** Small modules of WebAssembly that are part of the program. */

/** What is used of it; the types of ECMAScript and Node leave it out. */
interface WebAssemblyGlobal {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object) => { readonly exports: unknown };
  };
}

/** Memory of a module, in pages of 64 kB. */
export interface ModuleMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

export const PAGE_BYTES = 2 ** 16;

/** What a new instance of a module exports; the module is in Base64. Throws if WebAssembly or its vectors are missing. */
export function instantiate(module: string): unknown {
  const bytes = Uint8Array.from(atob(module), (letter) => letter.charCodeAt(0));
  const { Module, Instance } = (globalThis as unknown as WebAssemblyGlobal).WebAssembly;
  return new Instance(new Module(bytes)).exports;
}
