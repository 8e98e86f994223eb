import type { SystemView } from '@millrace/api';
import { create } from 'zustand';
import { api, useConnection } from '../api.ts';

export const useSystem = create<{ readonly system: SystemView | null }>(() => ({ system: null }));

/** Whether another server has taken over, so that nothing can be changed here. */
export function useReadOnly(): boolean {
  return useSystem(({ system }) => (system?.readOnly ?? null) !== null);
}

async function read(): Promise<void> {
  try {
    useSystem.setState({ system: await api.system.info.query() });
  } catch (error) {
    console.debug('The server could not be asked about itself.', error);
  }
}

/** Asked again each time the socket opens: another server may have taken over. @returns what ends it */
export function followSystem(): () => void {
  void read();
  return useConnection.subscribe((after, before) => {
    if (after.connection === 'open' && before.connection !== 'open') void read();
  });
}
