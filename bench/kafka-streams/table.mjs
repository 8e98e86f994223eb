/** The result as Markdown: a row for each job and side, medians over the pairs, and the ratio pair by pair. */
export function tableOf(pairs, sides, { sizes, cores, store, commitIntervalMs, compression }) {
  const [small, large] = sizes;
  const lines = [
    `${small} and ${large} records, commit interval ${commitIntervalMs} ms, caching off, compression ${compression}, store of Kafka Streams: ${store}, ${cores} cores shared with the broker.`,
    '',
    '| guarantee | job | side | pairs | records/s | CPU s per million | start-up CPU s | peak MiB | first result s |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  const groups = [...new Set(pairs.map(({ guarantee, job }) => `${guarantee}|${job}`))];
  for (const group of groups) {
    const [guarantee, job] = group.split('|');
    const ofJob = pairs.filter((pair) => pair.guarantee === guarantee && pair.job === job);
    const costs = new Map();
    for (const { name } of sides) {
      const runsOf = (records) =>
        ofJob.flatMap(({ runs }) => runs.filter((run) => run.side === name && run.records === records));
      const [few, many] = [runsOf(small), runsOf(large)];
      if (many.length === 0) continue;
      // What more records cost more: whatever starting costs is on both sides of the difference.
      const cpu = many.map((run, pair) => ((run.cpuSeconds - few[pair].cpuSeconds) / (large - small)) * 1e6);
      const rate = many.map((run, pair) => (large - small) / (run.seconds - few[pair].seconds));
      const startUp = few.map((run, pair) => run.cpuSeconds - (cpu[pair] * small) / 1e6);
      costs.set(name, { cpu, peak: many.map((run) => run.peakMib) });
      lines.push(
        `| ${guarantee} | ${job} | ${name} | ${many.length} | ${Math.round(median(rate)).toLocaleString('en')} | ${spread(cpu)} | ${median(startUp).toFixed(1)} | ${Math.round(median(many.map((run) => run.peakMib)))} | ${median([...few, ...many].map((run) => run.firstSeconds)).toFixed(2)} |`,
      );
    }
    const [streams, ours] = ['Kafka Streams', 'Millrace'].map((name) => costs.get(name));
    if (streams === undefined || ours === undefined) continue;
    const ratios = (of) => spread(ours[of].map((cost, pair) => cost / streams[of][pair]));
    lines.push(`| | | *Millrace ÷ Kafka Streams* | | | **${ratios('cpu')}** | | **${ratios('peak')}** | |`);
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
