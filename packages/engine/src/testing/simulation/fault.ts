import type { Random } from './random.ts';

/** Something that goes wrong, once, at a moment. `machine` and `task` are places in the lists of machines and tasks. */
export type Fault = { readonly atMs: number; readonly machine: number } & (
  | { readonly does: 'crash' }
  /** The process's tasks are given to others while it goes on. */
  | { readonly does: 'depose'; readonly all: boolean }
  /** Its tasks are given to others, and it goes on after that, for a while it does nothing. */
  | { readonly does: 'stall and depose'; readonly forMs: number }
  | { readonly does: 'stall'; readonly forMs: number }
  /** A task is handed over in good order. */
  | { readonly does: 'move'; readonly task: number }
  | { readonly does: 'crash and lose the disk' }
);

export function randomFaults(random: Random, machines: number): readonly Fault[] {
  const count = random.pick([0, 2, 5, 10, 20]);
  const overMs = random.pick([300, 1000, 2000]);
  const faults = Array.from({ length: count }, (): Fault => {
    const at = { atMs: random.int(0, overMs), machine: random.int(0, machines - 1) };
    switch (random.int(0, 7)) {
      case 0:
      case 1:
        return { ...at, does: 'crash' };
      case 2:
        return { ...at, does: 'depose', all: random.chance(0.5) };
      case 3:
        return { ...at, does: 'stall and depose', forMs: random.int(20, 300) };
      case 4:
        return { ...at, does: 'stall', forMs: random.int(20, 200) };
      case 5:
      case 6:
        return { ...at, does: 'move', task: random.int(0, 20) };
      default:
        return { ...at, does: 'crash and lose the disk' };
    }
  });
  return faults.sort((left, right) => left.atMs - right.atMs);
}
