import { windowsFor } from '../../time/windows.ts';
import { type CaseResult, compared } from './case-result.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { shown } from './emission-line.ts';
import { Inexpressible } from './inexpressible.ts';
import { numberField, objectField } from './operator-fields.ts';

type Fields = { readonly [name: string]: unknown };

/** The pure functions that cases ask about, each with what it is asked for. */
const functions: { readonly [name: string]: (topology: Fields, input: Fields) => unknown } = {
  windowsFor: (topology, input) => {
    const window = objectField(topology, 'window');
    const { type } = window;
    if (type !== 'tumbling' && type !== 'hopping')
      throw new Inexpressible(`${String(type)} windows have no fixed starts`);
    const sizeMs = numberField(window, 'sizeMs');
    const advanceMs = numberField(window, 'advanceMs', sizeMs);
    return windowsFor({ type, sizeMs, advanceMs }, numberField(input, 'ts')).map(({ start, end }) => ({ start, end }));
  },
};

/** Asks a function once for each input. */
export function runFunctionCase({ topology, inputs, expected }: ConformanceCase): CaseResult {
  const name = String(topology.fn);
  const ask = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (ask === undefined) throw new Inexpressible(`the function ${name} is not known`);
  const wanted = Array.isArray(expected) ? expected : [];
  return compared(
    inputs.map((input, index) => `${shown(input)} → ${shown(wanted[index])}`),
    inputs.map((input) => `${shown(input)} → ${shown(ask(topology, input))}`),
  );
}
