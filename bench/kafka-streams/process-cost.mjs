import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second, which Linux has fixed at 100 for everything it shows under /proc. */
const ticksPerSecond = 100;

/** CPU seconds (user and system) and peak memory in MiB of a process and its children, those that ended included. */
export function costOf(pid) {
  let cpuSeconds = 0;
  let peakMib = 0;
  for (const member of familyOf(pid)) {
    try {
      cpuSeconds += cpuSecondsOf(member, member === pid);
      peakMib += peakMibOf(member);
    } catch (error) {
      if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error; // it ended while we looked
    }
  }
  return { cpuSeconds, peakMib };
}

function cpuSecondsOf(pid, withEnded) {
  const fields = statOf(pid);
  const [user, system, endedUser, endedSystem] = fields.slice(11, 15).map(Number);
  return (user + system + (withEnded ? endedUser + endedSystem : 0)) / ticksPerSecond;
}

function peakMibOf(pid) {
  const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return line === null ? 0 : Number(line[1]) / 1024;
}

/** The fields after the program's name, which may hold spaces and brackets. */
function statOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function familyOf(pid) {
  const children = new Map();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const parent = Number(statOf(Number(entry))[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch {
      // It ended while we looked.
    }
  }
  const family = [pid];
  for (const member of family) family.push(...(children.get(member) ?? []));
  return family;
}
