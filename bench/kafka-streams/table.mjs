/** The result as Markdown: a row for each job and side, medians over the pairs, and the ratio pair by pair. */
export function tableOf(measured, sides, { pairs, sizes, cores, store, commitIntervalMs }) {
  const [small, large] = sizes;
  const lines = [
    `${pairs} pairs, ${small} and ${large} records, commit interval ${commitIntervalMs} ms, caching off, store of Kafka Streams: ${store}, ${cores} cores shared with the broker.`,
    '',
    '| guarantee | job | side | records/s | CPU s per million | start-up CPU s | peak MiB | first result s |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  const groups = [...new Set(measured.map(({ guarantee, job }) => `${guarantee}|${job}`))];
  for (const group of groups) {
    const [guarantee, job] = group.split('|');
    const slopes = new Map();
    for (const { name } of sides) {
      const runs = measured.filter((run) => run.guarantee === guarantee && run.job === job && run.side === name);
      const ofSize = (records) => runs.filter((run) => run.records === records).sort((a, b) => a.pair - b.pair);
      const [few, many] = [ofSize(small), ofSize(large)];
      // What more records cost more: whatever starting costs is on both sides of the difference.
      const cpu = many.map((run, pair) => ((run.cpuSeconds - few[pair].cpuSeconds) / (large - small)) * 1e6);
      const rate = many.map((run, pair) => (large - small) / (run.seconds - few[pair].seconds));
      const startUp = few.map((run, pair) => run.cpuSeconds - (cpu[pair] * small) / 1e6);
      slopes.set(name, cpu);
      lines.push(
        `| ${guarantee} | ${job} | ${name} | ${Math.round(median(rate)).toLocaleString('en')} | ${spread(cpu)} | ${median(startUp).toFixed(1)} | ${Math.round(median(many.map((run) => run.peakMib)))} | ${median(runs.map((run) => run.firstSeconds)).toFixed(2)} |`,
      );
    }
    const [streams, ours] = ['Kafka Streams', 'Millrace'].map((name) => slopes.get(name));
    if (streams !== undefined && ours !== undefined)
      lines.push(
        `| | | *CPU, Millrace ÷ Kafka Streams* | | **${spread(ours.map((cost, pair) => cost / streams[pair]))}** | | | |`,
      );
  }
  return lines.join('\n');
}

function spread(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return `${median(numbers).toFixed(2)} (${sorted[0].toFixed(2)}–${sorted.at(-1).toFixed(2)})`;
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
