import type { PathLike } from 'node:fs';
import * as promises from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Disk } from '../src/disk.ts';

/** Thrown by a fault that ends the process: no call after it has an effect. */
export class Crash extends Error {}

export interface FaultyDisk {
  readonly disk: Disk;
  /** The calls so far: name, and the path that it is about (for a rename or link, the new one). */
  readonly calls: readonly string[];
}

export interface Fault {
  /** Number of the call, from 0. */
  readonly at: number;
  /** Before the call, after it, or after half of a write. */
  readonly when: 'before' | 'half' | 'after';
  /** Throws, or does what someone else does at that moment. */
  readonly happen: (call: string) => void;
}

/** The real disk, and one fault. */
export function faultyDisk({ at, when, happen }: Fault): FaultyDisk {
  const calls: string[] = [];
  let isDead = false;

  async function step<T>(
    name: string,
    path: PathLike,
    act: () => Promise<T>,
    half?: () => Promise<unknown>,
  ): Promise<T> {
    if (isDead) throw new Crash();
    const call = `${name} ${String(path)}`;
    const isNow = calls.push(call) - 1 === at;
    if (isNow && when === 'half') await half?.();
    if (isNow && when !== 'after') strike(call);
    try {
      return await act();
    } finally {
      if (isNow && when === 'after') strike(call);
    }
  }

  function strike(call: string): void {
    try {
      happen(call);
    } catch (error) {
      isDead = error instanceof Crash;
      throw error;
    }
  }

  function wrapFile(file: FileHandle, path: PathLike): FileHandle {
    const wrapped: Partial<FileHandle> = {
      stat: (async () => step('stat', path, async () => file.stat())) as FileHandle['stat'],
      sync: async () => step('sync', path, async () => file.sync()),
      readFile: (async () => step('readFile', path, async () => file.readFile())) as FileHandle['readFile'],
      writeFile: async (data) => {
        const bytes = data as Uint8Array;
        const half = async (): Promise<unknown> => file.write(bytes, 0, bytes.length >> 1);
        await step('writeFile', path, async () => file.writeFile(bytes), half);
      },
      close: async () => {
        await file.close(); // also when dead, or the test would run out of descriptors
        await step('close', path, async () => undefined);
      },
    };
    return wrapped as FileHandle;
  }

  const disk = {
    open: async (path: PathLike, flags: number, mode?: number) => {
      let file: FileHandle | undefined;
      try {
        return wrapFile(
          await step('open', path, async () => (file = await promises.open(path, flags, mode))),
          path,
        );
      } catch (error) {
        await file?.close();
        throw error;
      }
    },
    mkdir: async (path: PathLike, mode: number) =>
      step('mkdir', path, async () => promises.mkdir(path, mode)),
    link: async (from: PathLike, to: PathLike) => step('link', to, async () => promises.link(from, to)),
    rename: async (from: PathLike, to: PathLike) => step('rename', to, async () => promises.rename(from, to)),
    rm: async (path: PathLike, options: object) => step('rm', path, async () => promises.rm(path, options)),
    rmdir: async (path: PathLike) => step('rmdir', path, async () => promises.rmdir(path)),
    lstat: async (path: PathLike) => step('lstat', path, async () => promises.lstat(path)),
    stat: async (path: PathLike) => step('stat', path, async () => promises.stat(path)),
    readdir: async (path: PathLike, options: object) =>
      step('readdir', path, async () => promises.readdir(path, options)),
  };
  return { disk: disk as unknown as Disk, calls };
}

/** An error as `node:fs` throws it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(code), { code, syscall: 'test' });
}
