import { DropdownMenu } from 'radix-ui';
import { useDocument } from '../document/document-store.ts';
import { useValidation } from '../document/validation-store.ts';
import { Icon, Mark } from '../icons.tsx';
import { restoreLeft, useLive } from '../live/live-store.ts';
import { goToProblem } from '../problems/problem-list.tsx';
import { firstPage, navigate, openPipeline, useRoute } from '../route.ts';
import { switchTheme } from '../theme.ts';
import { words } from '../words.ts';
import { openDialog } from './dialog-store.ts';
import { withModKey } from './mod-key.ts';
import { downloadPipeline, startDeployment, stopDeployment } from './pipeline-acts.ts';
import { refreshPipelines, usePipelines } from './pipelines-store.ts';
import { Since, StateChip } from './state-chip.tsx';
import { useReadOnly } from './system-store.ts';

/** Mark, pipeline and its state · the view · the theme and the one primary act. */
export function TopBar() {
  const id = useRoute((state) => state.pipeline);
  const view = useRoute((state) => state.view);
  const isOpen = useDocument((state) => state.pipeline !== null);
  const isReadOnly = useReadOnly();
  return (
    <header className="top">
      <a
        className="brand"
        href="/"
        aria-label={words.product}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          navigate(firstPage);
        }}
      >
        <Mark />
        <span>{words.product}</span>
      </a>
      {id === null ? (
        <nav className="crumb">
          <span className="sep">/</span>
          {words.top.pipelines}
        </nav>
      ) : (
        <PipelineMenu />
      )}
      {isOpen && <Chips />}
      {isOpen && (
        <fieldset className="seg mid" aria-label={words.top.view}>
          <button
            type="button"
            aria-pressed={view === 'edit'}
            onClick={() => navigate({ view: 'edit', store: null, topic: null })}
          >
            {words.top.edit}
          </button>
          <button type="button" aria-pressed={view === 'live'} onClick={() => navigate({ view: 'live' })}>
            {words.top.live}
          </button>
        </fieldset>
      )}
      <span className="grow" />
      <button
        type="button"
        className="icon-btn"
        aria-label={words.top.keys}
        title={words.top.keys}
        onClick={() => openDialog({ kind: 'keys' })}
      >
        <kbd style={{ border: 0, background: 'none', fontSize: 13 }}>?</kbd>
      </button>
      <button
        type="button"
        className="icon-btn"
        aria-label={words.top.theme}
        title={words.top.theme}
        onClick={switchTheme}
      >
        <Icon name="theme" />
      </button>
      {id === null && (
        <button
          type="button"
          className="btn"
          data-look="main"
          disabled={isReadOnly}
          onClick={() => openDialog({ kind: 'create' })}
        >
          <Icon name="plus" size={14} />
          {words.top.newPipeline}
        </button>
      )}
      {isOpen && (view === 'edit' ? <DeployAct /> : <RunActs />)}
    </header>
  );
}

function PipelineMenu() {
  const pipeline = useDocument((state) => state.pipeline);
  const others = usePipelines((state) => state.pipelines);
  const routeId = useRoute((state) => state.pipeline);
  const name = pipeline?.name ?? routeId ?? '';
  return (
    <nav className="crumb">
      <span className="sep">/</span>
      <DropdownMenu.Root modal={false} onOpenChange={(isOpen) => isOpen && void refreshPipelines()}>
        <DropdownMenu.Trigger asChild>
          <button type="button" aria-label={words.top.pipelineMenu(name)}>
            <span className="cut">{name}</span>
            <Icon name="down" size={12} className="dim" />
          </button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content
            className="menu"
            align="start"
            sideOffset={4}
            onCloseAutoFocus={(event) => event.preventDefault()}
          >
            {pipeline !== null && (
              <>
                <DropdownMenu.Item
                  className="menu-item"
                  onSelect={() => openDialog({ kind: 'rename', id: pipeline.id, name: pipeline.name })}
                >
                  <Icon name="pencil" size={14} />
                  {words.top.renamePipeline}
                </DropdownMenu.Item>
                <DropdownMenu.Item className="menu-item" onSelect={() => openDialog({ kind: 'settings' })}>
                  <Icon name="settings" size={14} />
                  {words.top.settings}
                </DropdownMenu.Item>
                <DropdownMenu.Item className="menu-item" onSelect={() => downloadPipeline(pipeline)}>
                  <Icon name="save" size={14} />
                  {words.top.download}
                </DropdownMenu.Item>
                <DropdownMenu.Item
                  className="menu-item"
                  data-look="bad"
                  onSelect={() => openDialog({ kind: 'remove', id: pipeline.id, name: pipeline.name })}
                >
                  <Icon name="bin" size={14} />
                  {words.top.deletePipeline}
                </DropdownMenu.Item>
                <hr />
              </>
            )}
            <DropdownMenu.Item className="menu-item" onSelect={() => openDialog({ kind: 'create' })}>
              <Icon name="plus" size={14} />
              {words.top.newPipeline}
            </DropdownMenu.Item>
            {others !== null && others.length > 0 && <h5>{words.top.yourPipelines}</h5>}
            {others?.slice(0, 12).map((other) => (
              <DropdownMenu.Item key={other.id} className="menu-item" onSelect={() => openPipeline(other.id)}>
                <span className="cut grow">{other.name}</span>
                {other.id === pipeline?.id && <Icon name="check" size={14} />}
              </DropdownMenu.Item>
            ))}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
    </nav>
  );
}

function Chips() {
  const deployment = useLive((state) => state.deployment);
  const leftMs = useLive(restoreLeft);
  const isKnown = useLive((state) => state.frame !== null);
  const revision = useDocument((state) => state.revision);
  const isEdit = useRoute((state) => state.view === 'edit');
  const isChanged = deployment !== null && deployment.revision !== revision;
  return (
    <>
      {isEdit && isKnown && (deployment === null || isChanged) && (
        <span className="chip" data-look="draft" data-state="draft">
          <Icon name="draft" size={12} />
          {deployment === null ? words.top.draft : words.top.draftChanged}
        </span>
      )}
      {deployment !== null && (
        <>
          <StateChip
            state={deployment.state}
            restored={deployment.restored}
            leftMs={leftMs}
            reason={deployment.reason}
          />
          {!isEdit && <Since sinceMs={deployment.sinceMs} />}
        </>
      )}
    </>
  );
}

function DeployAct() {
  const errorCount = useValidation((state) => state.errorCount);
  const isReady = useValidation((state) => state.hasRun);
  const isReadOnly = useReadOnly();
  const first = useValidation((state) => state.diagnostics[0]);
  return (
    <>
      {errorCount > 0 && (
        <button
          type="button"
          className="chip"
          data-look="bad"
          data-testid="problem-count"
          style={{ height: 28 }}
          onClick={() => first !== undefined && goToProblem(first)}
        >
          <Icon name="invalid" size={12} />
          {words.top.problems(errorCount)}
        </button>
      )}
      <button
        type="button"
        className="btn"
        data-look="main"
        disabled={errorCount > 0 || !isReady || isReadOnly}
        title={errorCount > 0 ? words.top.deployOff : `${words.top.deploy} (${withModKey('Ctrl')} Enter)`}
        onClick={() => openDialog({ kind: 'deploy' })}
      >
        {words.top.deploy}
      </button>
    </>
  );
}

function RunActs() {
  const id = useDocument((state) => state.pipeline?.id ?? '');
  const state = useLive((live) => live.deployment?.state ?? null);
  const isReadOnly = useReadOnly();
  if (state === null) {
    return (
      <button type="button" className="btn" data-look="main" onClick={() => navigate({ view: 'edit' })}>
        {words.top.edit}
      </button>
    );
  }
  const isDown = state === 'stopped' || state === 'failed';
  return (
    <>
      {isDown ? (
        <>
          {state === 'stopped' && (
            <button type="button" className="btn" disabled={isReadOnly} onClick={() => openDialog({ kind: 'reset' })}>
              <Icon name="reset" size={12} />
              {words.top.reset}
            </button>
          )}
          <button
            type="button"
            className="btn"
            data-look="main"
            disabled={isReadOnly}
            onClick={() => void startDeployment(id)}
          >
            <Icon name="start" size={12} />
            {words.top.start}
          </button>
        </>
      ) : null}
      {state !== 'stopped' && (
        <button
          type="button"
          className="btn"
          disabled={state === 'stopping' || isReadOnly}
          onClick={() => void stopDeployment(id)}
        >
          <Icon name="stop" size={12} />
          {words.top.stop}
        </button>
      )}
    </>
  );
}
