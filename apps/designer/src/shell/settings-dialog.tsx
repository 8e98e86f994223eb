import type { Pipeline } from '@millrace/engine';
import { useId, useState } from 'react';
import { describePipeline, setSetting } from '../document/commands.ts';
import { apply, useDocument } from '../document/document-store.ts';
import { Choice } from '../form/choice.tsx';
import type { ConfigField } from '../form/config-fields.ts';
import { DurationField, NumberField } from '../form/number-field.tsx';
import { settingsFields } from '../form/settings-fields.ts';
import { duration } from '../live/figures.ts';
import { words } from '../words.ts';
import { closeDialog } from './dialog-store.ts';
import { Sheet } from './sheet.tsx';

const descriptionMax = 4000;

/** What holds for the pipeline as a whole. Each change is made at once, as in the form of a node; deploying puts it to work. */
export function SettingsDialog({ pipeline }: { readonly pipeline: Pipeline }) {
  const id = useId();
  return (
    <Sheet title={words.settings.title(pipeline.name)} onClose={closeDialog}>
      <div className="body">
        <div className="config-field">
          <label className="lab" htmlFor={id}>
            {words.settings.description}
          </label>
          <textarea
            id={id}
            className="field"
            rows={3}
            maxLength={descriptionMax}
            value={pipeline.description}
            placeholder={words.settings.descriptionPlaceholder}
            onChange={(event) => apply(describePipeline(event.currentTarget.value))}
          />
        </div>
        {settingsFields.map((field) => (
          <SettingRow key={field.name} field={field} />
        ))}
        <p className="help">{words.settings.note}</p>
      </div>
      <div className="acts">
        <button type="button" className="btn" data-look="main" onClick={closeDialog}>
          {words.settings.done}
        </button>
      </div>
    </Sheet>
  );
}

function SettingRow({ field }: { readonly field: ConfigField }) {
  const id = useId();
  const value = useDocument(
    (state) => state.pipeline?.settings[field.name as keyof Pipeline['settings']] ?? field.initial,
  );
  const [refused, setRefused] = useState<string | null>(null);
  const set = (next: string | number): void => {
    const isRefused = field.refusalOf(next) !== null;
    setRefused(isRefused ? words.settings.between(textOf(field, field.min), textOf(field, field.max)) : null);
    if (!isRefused) apply(setSetting(field.name as keyof Pipeline['settings'], next));
  };
  const { label, help, widget, choices = [] } = field.meta;
  const isInvalid = refused !== null;
  const number = typeof value === 'number' ? value : 0;
  return (
    <div className="config-field" data-field={field.name} data-widget={widget}>
      <label className="lab" htmlFor={id}>
        <span>{label}</span>
      </label>
      {widget === 'choice' && <Choice id={id} value={String(value)} options={choices} onChange={set} />}
      {widget === 'duration' && (
        <DurationField id={id} label={label} value={number} isInvalid={isInvalid} onChange={set} />
      )}
      {widget === 'number' && (
        <NumberField id={id} value={number} min={field.min} max={field.max} isInvalid={isInvalid} onChange={set} />
      )}
      {isInvalid && <p className="help g-bad">{refused}</p>}
      <p className="help">{help}</p>
    </div>
  );
}

function textOf(field: ConfigField, bound: number | null): string {
  if (bound === null) return '';
  return field.meta.widget === 'duration' ? duration(bound) : bound.toLocaleString('en-US');
}
