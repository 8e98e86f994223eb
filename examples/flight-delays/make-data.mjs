// Derives flights.ndjson and airports.ndjson from the npm package vega-datasets, which is a development dependency of this repository.
// Run it after raising that package's version: node examples/flight-delays/make-data.mjs
//
// A line is {"key": …, "value": …} with, where it is given, "timestamp" in epoch milliseconds.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const packageFile = createRequire(import.meta.url).resolve('vega-datasets');
const data = join(dirname(packageFile), '..', 'data');

const flights = JSON.parse(readFileSync(join(data, 'flights-20k.json'), 'utf8'));
for (let index = 1; index < flights.length; index++) {
  if (flights[index].date < flights[index - 1].date) throw new Error(`flight ${index} is not in order of its date`);
}
write(
  'flights.ndjson',
  flights.map((flight) => ({ key: flight.origin, value: flight })),
);

const [header, ...rows] = readFileSync(join(data, 'airports.csv'), 'utf8').trimEnd().split(/\r?\n/).map(cells);
const airports = rows.map((row) =>
  Object.fromEntries(header.map((name, index) => [name, numberOrText(name, row[index])])),
);
// Every flight finds its airport: the table's records are older than all flights.
write(
  'airports.ndjson',
  airports.map((airport) => ({ key: airport.iata, value: airport, timestamp: 0 })),
);

function write(file, records) {
  const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  writeFileSync(new URL(file, import.meta.url), text);
  console.log(`${file}: ${records.length} records, ${text.length} bytes`);
}

/** A line of comma-separated values; a value in double quotes may hold commas, and quotes written twice. */
function cells(line) {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain,
  );
}

function numberOrText(name, text) {
  return name === 'latitude' || name === 'longitude' ? Number(text) : text;
}
