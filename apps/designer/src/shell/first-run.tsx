import type { ExampleView, PipelineSummary } from '@millrace/api';
import { DropdownMenu } from 'radix-ui';
import { type DragEvent, useEffect, useRef, useState } from 'react';
import { Icon } from '../icons.tsx';
import { clock, day, isSameDay } from '../live/figures.ts';
import { firstPage, formatRoute, openPipeline } from '../route.ts';
import { words } from '../words.ts';
import { openDialog } from './dialog-store.ts';
import { HeroArt } from './hero-art.tsx';
import { withModKey } from './mod-key.ts';
import { importPipeline, openExample } from './pipeline-acts.ts';
import { readPipelineText } from './pipeline-file.ts';
import { followPipelines, usePipelines } from './pipelines-store.ts';
import { StateChip } from './state-chip.tsx';
import { Thumbnail } from './thumbnail.tsx';

/** The first page: what this is, ways to begin, and the pipelines there are. */
export function FirstRun() {
  const { pipelines, examples, failure } = usePipelines();
  useEffect(() => followPipelines(), []);
  const [primary] = examples;
  const single = examples.filter(({ collection }) => collection === null);
  const collections = [...new Set(examples.flatMap(({ collection }) => collection ?? []))];
  return (
    <main className="first">
      <div className="in">
        <section className="hero">
          <div>
            <h1>{words.first.sentence}</h1>
            <p>{words.first.help}</p>
            <div className="hero-acts">
              {primary !== undefined && (
                <button
                  type="button"
                  className="btn"
                  data-look="main"
                  data-size="lg"
                  onClick={() => void openExample(primary.id)}
                >
                  {words.first.open(primary.name)}
                </button>
              )}
              <button
                type="button"
                className="btn"
                data-look={primary === undefined ? 'main' : undefined}
                data-size="lg"
                onClick={() => openDialog({ kind: 'create' })}
              >
                {words.first.blank}
              </button>
            </div>
            {failure !== null && (
              <p className="help" role="alert">
                {words.first.noServer}
              </p>
            )}
          </div>
          <HeroArt />
        </section>

        <h2>
          {words.first.examples}
          <span>{words.first.examplesHelp}</span>
        </h2>
        <section className="cards" aria-label={words.first.examples}>
          {single.map((example) => (
            <ExampleCard key={example.id} example={example} />
          ))}
          <FileCard />
        </section>
        {collections.map((name) => (
          <ExampleCollection
            key={name}
            name={name}
            examples={examples.filter(({ collection }) => collection === name)}
          />
        ))}

        {pipelines !== null && pipelines.length > 0 && (
          <>
            <h2>{words.first.yours}</h2>
            <section className="cards" aria-label={words.first.yours}>
              {pipelines.map((pipeline) => (
                <PipelineCard key={pipeline.id} pipeline={pipeline} />
              ))}
            </section>
          </>
        )}
      </div>
    </main>
  );
}

/** Examples that belong together, folded away: there are many. */
function ExampleCollection({ name, examples }: { readonly name: string; readonly examples: readonly ExampleView[] }) {
  return (
    <details className="collection">
      <summary>{words.first.collection(name, examples.length)}</summary>
      <section className="cards" aria-label={name}>
        {examples.map((example) => (
          <ExampleCard key={example.id} example={example} />
        ))}
      </section>
    </details>
  );
}

function ExampleCard({ example }: { readonly example: ExampleView }) {
  return (
    <article className="card" data-testid={`example-${example.id}`}>
      <div className="th">
        <Thumbnail drawing={example.thumbnail} />
      </div>
      <div className="tx">
        <h3>
          <button type="button" className="whole" onClick={() => void openExample(example.id)}>
            {example.name}
          </button>
        </h3>
        <p>{example.description}</p>
        <div className="ft">{words.first.nodes(example.thumbnail.dots.length)}</div>
      </div>
    </article>
  );
}

function PipelineCard({ pipeline }: { readonly pipeline: PipelineSummary }) {
  const { id, name } = pipeline;
  const savedAt = isSameDay(pipeline.updatedAtMs, Date.now()) ? clock(pipeline.updatedAtMs) : day(pipeline.updatedAtMs);
  return (
    <article className="card" data-testid={`pipeline-${id}`}>
      <div className="th">
        <Thumbnail drawing={pipeline.thumbnail} />
      </div>
      <div className="tx">
        <h3 className="cut" style={{ paddingRight: 24 }}>
          <a
            className="whole"
            href={formatRoute({ ...firstPage, pipeline: id })}
            onClick={(event) => {
              if (event.ctrlKey || event.metaKey || event.shiftKey) return;
              event.preventDefault();
              openPipeline(id, pipeline.deployment === 'running' ? 'live' : 'edit');
            }}
          >
            {name}
          </a>
        </h3>
        <p>{pipeline.description}</p>
        <div className="ft">
          {pipeline.deployment === null ? (
            <span className="chip" data-look="draft" data-size="sm">
              <Icon name="draft" size={12} />
              {words.first.never}
            </span>
          ) : (
            <StateChip state={pipeline.deployment} size="sm" />
          )}
          <span className="cut">{words.first.saved(savedAt)}</span>
        </div>
      </div>
      <div className="acts">
        <DropdownMenu.Root modal={false}>
          <DropdownMenu.Trigger asChild>
            <button type="button" className="icon-btn" aria-label={words.first.actsOf(name)}>
              <Icon name="dots" />
            </button>
          </DropdownMenu.Trigger>
          <DropdownMenu.Portal>
            <DropdownMenu.Content
              className="menu"
              align="end"
              sideOffset={4}
              onCloseAutoFocus={(event) => event.preventDefault()}
            >
              <DropdownMenu.Item className="menu-item" onSelect={() => openDialog({ kind: 'rename', id, name })}>
                <Icon name="pencil" size={14} />
                {words.rename}
              </DropdownMenu.Item>
              <DropdownMenu.Item
                className="menu-item"
                data-look="bad"
                onSelect={() => openDialog({ kind: 'remove', id, name })}
              >
                <Icon name="bin" size={14} />
                {words.delete}
              </DropdownMenu.Item>
            </DropdownMenu.Content>
          </DropdownMenu.Portal>
        </DropdownMenu.Root>
      </div>
    </article>
  );
}

/** A file of one's own: dropped anywhere on the card, or chosen. What is wrong with it is said in the card. */
function FileCard() {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const [problems, setProblems] = useState<{ readonly file: string; readonly messages: readonly string[] } | null>(
    null,
  );
  const open = async (file: File): Promise<void> => {
    const result = readPipelineText(await file.text());
    if (result.ok) {
      setProblems(null);
      await importPipeline(result.pipeline);
    } else setProblems({ file: file.name, messages: result.problems });
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'o') {
        event.preventDefault();
        input.current?.click();
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  const onDrag = (event: DragEvent): void => {
    event.preventDefault();
    setOver(event.type === 'dragover');
  };
  return (
    <article
      className="card"
      data-look="drop"
      data-dropping={isOver || undefined}
      onDragOver={onDrag}
      onDragLeave={onDrag}
      onDrop={(event) => {
        onDrag(event);
        const [file] = event.dataTransfer.files;
        if (file !== undefined) void open(file);
      }}
    >
      <div className="th">
        <Icon name="folder" size={24} />
      </div>
      <div className="tx">
        <h3>
          <button type="button" className="whole" onClick={() => input.current?.click()}>
            {words.first.file}
          </button>
        </h3>
        {problems === null ? (
          <p>
            {words.first.fileDrop} <span className="mono">.pipeline.json</span> {words.first.fileHelp}
          </p>
        ) : (
          <p className="g-bad" role="alert" title={problems.messages.join('\n')}>
            <b>{words.first.fileProblems(problems.file)}.</b> {problems.messages.slice(0, 3).join(' ')}
          </p>
        )}
        <div className="ft">
          <kbd>{withModKey('Ctrl O')}</kbd>
        </div>
      </div>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        hidden
        aria-label={words.first.chooseFile}
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          event.currentTarget.value = '';
          if (file !== undefined) void open(file);
        }}
      />
    </article>
  );
}
