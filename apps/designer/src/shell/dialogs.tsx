import { type FormEvent, useId, useState } from 'react';
import { useDocument } from '../document/document-store.ts';
import { words } from '../words.ts';
import { DeployDialog } from './deploy-dialog.tsx';
import { closeDialog, useDialog } from './dialog-store.ts';
import { withModKey } from './mod-key.ts';
import { createPipeline, removePipeline, renamePipeline, resetDeployment } from './pipeline-acts.ts';
import { SettingsDialog } from './settings-dialog.tsx';
import { Sheet } from './sheet.tsx';

export function Dialogs() {
  const dialog = useDialog((state) => state.dialog);
  const pipeline = useDocument((state) => state.pipeline);
  switch (dialog?.kind) {
    case 'deploy':
      return pipeline === null ? null : <DeployDialog pipelineId={pipeline.id} name={pipeline.name} />;
    case 'reset':
      return pipeline === null ? null : <ResetDialog pipelineId={pipeline.id} name={pipeline.name} />;
    case 'settings':
      return pipeline === null ? null : <SettingsDialog pipeline={pipeline} />;
    case 'keys':
      return <KeysDialog />;
    case 'create':
      return <NameDialog title={words.create.title} name="" go={words.create.go} onName={createPipeline} />;
    case 'rename':
      return (
        <NameDialog
          title={words.renameDialog.title}
          name={dialog.name}
          go={words.renameDialog.go}
          onName={(name) => renamePipeline(dialog.id, name)}
        />
      );
    case 'remove':
      return <RemoveDialog id={dialog.id} name={dialog.name} />;
    default:
      return null;
  }
}

function ResetDialog({ pipelineId, name }: { readonly pipelineId: string; readonly name: string }) {
  return (
    <Sheet title={words.reset.title(name)} onClose={closeDialog}>
      <div className="body prose">
        <p>
          <b>{words.reset.lost}</b>
        </p>
        <p>{words.reset.kept}</p>
        <p>{words.reset.again}</p>
      </div>
      <div className="acts">
        <button type="button" className="btn" onClick={closeDialog}>
          {words.cancel}
        </button>
        <button
          type="button"
          className="btn"
          data-look="bad"
          onClick={() => {
            closeDialog();
            void resetDeployment(pipelineId);
          }}
        >
          {words.reset.go}
        </button>
      </div>
    </Sheet>
  );
}

function RemoveDialog({ id, name }: { readonly id: string; readonly name: string }) {
  return (
    <Sheet title={words.remove.title(name)} onClose={closeDialog}>
      <div className="body prose">
        <p>{words.remove.help}</p>
      </div>
      <div className="acts">
        <button type="button" className="btn" onClick={closeDialog}>
          {words.cancel}
        </button>
        <button
          type="button"
          className="btn"
          data-look="bad"
          onClick={() => {
            closeDialog();
            void removePipeline(id, name);
          }}
        >
          {words.remove.go}
        </button>
      </div>
    </Sheet>
  );
}

interface NameDialogProps {
  readonly title: string;
  readonly name: string;
  readonly go: string;
  readonly onName: (name: string) => Promise<void>;
}

function NameDialog({ title, name, go, onName }: NameDialogProps) {
  const [text, setText] = useState(name);
  const id = useId();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() === '') return;
    closeDialog();
    void onName(text.trim());
  };
  return (
    <Sheet title={title} onClose={closeDialog}>
      <form onSubmit={submit}>
        <div className="body">
          <label className="lab" htmlFor={id}>
            {words.create.name}
          </label>
          <input
            id={id}
            className="field"
            value={text}
            maxLength={120}
            placeholder={words.create.placeholder}
            autoComplete="off"
            // biome-ignore lint/a11y/noAutofocus: the dialog asks for this one thing.
            autoFocus
            onFocus={(event) => event.currentTarget.select()}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        </div>
        <div className="acts">
          <button type="button" className="btn" onClick={closeDialog}>
            {words.cancel}
          </button>
          <button type="submit" className="btn" data-look="main" disabled={text.trim() === ''}>
            {go}
          </button>
        </div>
      </form>
    </Sheet>
  );
}

function KeysDialog() {
  return (
    <Sheet title={words.keys.title} onClose={closeDialog}>
      <div className="body">
        <dl className="keys">
          {words.keys.rows.map(([keys, meaning]) => (
            <div key={meaning} className="contents">
              <dt>
                {keys.map((key) => (
                  <kbd key={key}>{withModKey(key)}</kbd>
                ))}
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
        <p className="help">{words.keys.note}</p>
      </div>
    </Sheet>
  );
}
