import type { TaskId } from '../../log/log.ts';
import { MemoryTaskStores } from '../../state/memory-stores.ts';
import type { Random } from './random.ts';

/** A computer with a disk: the stores of every task that ever ran here, as far as they were written. One process runs on it at a time. */
export class Machine {
  readonly name: string;
  readonly #stores = new Map<TaskId, MemoryTaskStores>();

  constructor(name: string) {
    this.name = name;
  }

  stores(taskId: TaskId): MemoryTaskStores {
    let stores = this.#stores.get(taskId);
    if (stores === undefined) {
      stores = new MemoryTaskStores();
      this.#stores.set(taskId, stores);
    }
    return stores;
  }

  /** The disk is lost, as a whole or that of some tasks. */
  loseStores(random: Random): void {
    const all = random.chance(0.5);
    for (const taskId of [...this.#stores.keys()]) if (all || random.chance(0.5)) this.#stores.delete(taskId);
  }
}
