import { aggregateFunctions, type Diagnostic, type PipelineNode, takesLength, takesNoArgument } from '@millrace/engine';
import type { RootTypes } from '@millrace/expression';
import { useId } from 'react';
import { DiagnosticMessage, ExpressionEditor } from '../expression-editor/expression-editor.tsx';
import type { LatestRoots } from '../expression-editor/latest-value.ts';
import { Icon } from '../icons.tsx';
import { words } from '../words.ts';
import { Choice } from './choice.tsx';
import { NumberField } from './number-field.tsx';
import { TextField } from './text-field.tsx';

type ConfigValue = PipelineNode['config'][string];

interface AggregationsFieldProps {
  readonly value: unknown;
  readonly name: string;
  readonly rootsAt: (path: readonly (string | number)[]) => RootTypes;
  readonly latest: LatestRoots;
  readonly diagnosticsAt: (path: readonly (string | number)[]) => readonly Diagnostic[];
  readonly caretAt: (
    path: readonly (string | number)[],
  ) => { readonly span: { readonly start: number; readonly end: number } | null; readonly token: number } | null;
  readonly onChange: (path: readonly (string | number)[], value: ConfigValue | undefined) => void;
  readonly onFix: (diagnostic: Diagnostic) => void;
}

interface Aggregation {
  readonly name: string;
  readonly function: string;
  readonly value: string;
  /** How many values a function gives that gives several; null where that is left to it. */
  readonly n: number | null;
}

/** Functions that give several values. */
const givesSeveral: ReadonlySet<string> = takesLength;
const needsNoValue: ReadonlySet<string> = takesNoArgument;
const maxValues = 10_000;

function readAggregations(value: unknown): readonly Aggregation[] {
  if (!Array.isArray(value)) return [];
  const text = (item: unknown, name: string): string => {
    const found: unknown =
      typeof item === 'object' && item !== null && Object.hasOwn(item, name)
        ? (item as Record<string, unknown>)[name]
        : '';
    return typeof found === 'string' ? found : '';
  };
  return value.map((item) => ({
    name: text(item, 'name'),
    function: text(item, 'function'),
    value: text(item, 'value'),
    n: typeof item === 'object' && item !== null && 'n' in item && typeof item.n === 'number' ? item.n : null,
  }));
}

/** A count that the new function does not take is left out. */
function changedFunction({ name, value, n }: Aggregation, chosen: string): ConfigValue {
  return { name, function: chosen, value, ...(n !== null && givesSeveral.has(chosen) ? { n } : {}) };
}

const functions = aggregateFunctions.map((value) => ({ value, label: value }));

/** What is computed for each key: a name, a function, and of what. */
export function AggregationsField(props: AggregationsFieldProps) {
  const { value, name, rootsAt, latest, diagnosticsAt, caretAt, onChange, onFix } = props;
  const id = useId();
  const items = readAggregations(value);
  const taken = new Set(items.map((item) => item.name));
  const freeName = (): string => {
    let number = items.length + 1;
    while (taken.has(`result${number}`)) number++;
    return `result${number}`;
  };
  return (
    <div className="aggregations">
      {items.map((item, index) => {
        const valuePath = [name, index, 'value'];
        const countId = `${id}-${index}`;
        const functionProblems = diagnosticsAt([name, index, 'function']);
        const countProblems = diagnosticsAt([name, index, 'n']);
        const nameProblems = diagnosticsAt([name, index, 'name']);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: an aggregation is its place in the list; its name changes as one types.
          <fieldset key={index} className="aggregation" aria-label={item.name}>
            <TextField
              label={words.inspector.resultName}
              value={item.name}
              isInvalid={nameProblems.length > 0}
              onChange={(text) => onChange([name, index, 'name'], text)}
            />
            <Choice
              label={words.inspector.resultFunction}
              value={item.function}
              options={functions}
              isInvalid={functionProblems.length > 0}
              onChange={(chosen) => onChange([name, index], changedFunction(item, chosen))}
            />
            <button
              type="button"
              className="icon-btn"
              aria-label={words.inspector.removeAggregation(item.name)}
              onClick={() => onChange([name, index], undefined)}
            >
              <Icon name="close" size={14} />
            </button>
            {[...nameProblems, ...functionProblems, ...countProblems].map((problem) => (
              <div key={problem.message} className="whole">
                <DiagnosticMessage diagnostic={problem} onFix={onFix} />
              </div>
            ))}
            {(!needsNoValue.has(item.function) || item.value !== '') && (
              <div className="whole">
                <ExpressionEditor
                  label={`${words.inspector.resultOf}: ${item.name}`}
                  placeholder="value.delay"
                  value={item.value}
                  roots={rootsAt(valuePath)}
                  latest={latest}
                  diagnostics={diagnosticsAt(valuePath)}
                  caret={caretAt(valuePath)}
                  onChange={(text) => onChange(valuePath, text)}
                  onFix={onFix}
                />
              </div>
            )}
            {(givesSeveral.has(item.function) || item.n !== null) && (
              <div className="whole inline-field">
                <label htmlFor={countId}>{words.inspector.resultCount}</label>
                <NumberField
                  id={countId}
                  value={item.n}
                  min={1}
                  max={maxValues}
                  isInvalid={countProblems.length > 0}
                  onChange={(count) => onChange([name, index, 'n'], count)}
                />
              </div>
            )}
          </fieldset>
        );
      })}
      <div>
        <button
          type="button"
          className="btn"
          data-size="sm"
          onClick={() => onChange([name, items.length], { name: freeName(), function: 'max', value: '' })}
        >
          <Icon name="plus" size={12} />
          {words.inspector.addAggregation}
        </button>
      </div>
    </div>
  );
}
