import type { DeployPlan } from '@millrace/api';
import { useEffect, useState } from 'react';
import { api, errorText } from '../api.ts';
import { saveNow } from '../document/document-store.ts';
import { Icon, type IconName } from '../icons.tsx';
import { navigate } from '../route.ts';
import { words } from '../words.ts';
import { closeDialog } from './dialog-store.ts';
import { Sheet } from './sheet.tsx';
import { toast } from './toast-store.ts';

type Planning =
  | { readonly at: 'saving' | 'planning' }
  | { readonly at: 'ready'; readonly plan: DeployPlan }
  | { readonly at: 'failed'; readonly message: string };

/** What deploying would do, before it is done. */
export function DeployDialog({ pipelineId, name }: { readonly pipelineId: string; readonly name: string }) {
  const [state, setState] = useState<Planning>({ at: 'saving' });
  const [isDeploying, setDeploying] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  useEffect(() => {
    let gone = false;
    const plan = async (): Promise<Planning> => {
      if (!(await saveNow())) return { at: 'failed', message: words.deploy.saveFirst };
      if (!gone) setState({ at: 'planning' });
      try {
        return { at: 'ready', plan: await api.deployments.plan.query({ pipelineId }) };
      } catch (error) {
        return { at: 'failed', message: errorText(error) };
      }
    };
    void plan().then((next) => !gone && setState(next));
    return () => {
      gone = true;
    };
  }, [pipelineId]);
  const errors = state.at === 'ready' ? state.plan.diagnostics.filter((found) => found.severity === 'error') : [];
  const isRefused = state.at === 'ready' && state.plan.stores.some((store) => store.fate === 'refused');
  const canDeploy = state.at === 'ready' && errors.length === 0 && !isRefused && !isDeploying;
  const deploy = async (): Promise<void> => {
    setDeploying(true);
    try {
      await api.deployments.deploy.mutate({ pipelineId });
      closeDialog();
      toast({ text: words.deploy.done(name) });
      navigate({ view: 'live', store: null, topic: null });
    } catch (error) {
      setRefusal(errorText(error));
      setDeploying(false);
    }
  };
  return (
    <Sheet title={words.deploy.title(name)} onClose={closeDialog}>
      <div className="body">
        {state.at === 'saving' && <p className="dim">{words.deploy.saving}</p>}
        {state.at === 'planning' && <p className="dim">{words.deploy.planning}</p>}
        {state.at === 'failed' && <Refusal message={state.message} />}
        {errors.length > 0 && (
          <>
            <Refusal message={words.deploy.problemsFirst} />
            {errors.map((found) => (
              <p key={found.message} className="help">
                {found.message}
              </p>
            ))}
          </>
        )}
        {state.at === 'ready' && errors.length === 0 && <Plan plan={state.plan} />}
        {refusal !== null && <Refusal message={refusal} />}
      </div>
      <div className="acts">
        <button type="button" className="btn" onClick={closeDialog}>
          {words.cancel}
        </button>
        <button
          type="button"
          className="btn"
          data-look="main"
          disabled={!canDeploy}
          onClick={() => void deploy()}
          ref={focusWhen(canDeploy)}
        >
          {isDeploying && <Icon name="starting" size={12} spin />}
          {words.deploy.go}
        </button>
      </div>
    </Sheet>
  );
}

/** Puts the focus on the act once it can be done, so that Enter does it. */
function focusWhen(isReady: boolean) {
  return (element: HTMLButtonElement | null): void => {
    if (isReady && element !== null && !element.disabled) element.focus({ preventScroll: true });
  };
}

function Refusal({ message }: { readonly message: string }) {
  return (
    <div className="msg" data-severity="error" role="alert">
      <Icon name="invalid" size={14} />
      <div>{message}</div>
    </div>
  );
}

const storeGlyphs = { new: 'plus', kept: 'store', refused: 'invalid', orphaned: 'store' } as const satisfies Record<
  string,
  IconName
>;

function Plan({ plan }: { readonly plan: DeployPlan }) {
  const made = plan.topics.filter(
    (topic) => !topic.exists && (topic.role === 'external' || topic.role === 'repartition'),
  );
  return (
    <>
      <table className="plan" aria-label={words.deploy.description}>
        <tbody>
          {plan.stores.length === 0 && (
            <tr>
              <td>
                <Icon name="store" size={14} className="dim" />
              </td>
              <td>{words.stores.title}</td>
              <td className="dim2">{words.deploy.noStores}</td>
            </tr>
          )}
          {plan.stores.map((store) => (
            <tr key={store.name} data-fate={store.fate}>
              <td>
                <Icon
                  name={storeGlyphs[store.fate]}
                  size={14}
                  className={store.fate === 'refused' ? 'g-bad' : store.fate === 'new' ? 'g-ok' : 'g-table'}
                />
              </td>
              <td>{store.name}</td>
              <td className="dim2">
                {words.deploy.store[store.fate]}
                {store.reason !== null && <span className="block">{store.reason}</span>}
                {store.fate === 'refused' && store.reason === null && (
                  <span className="block">{words.deploy.refusedHelp}</span>
                )}
              </td>
            </tr>
          ))}
          {made.map((topic) => (
            <tr key={topic.name}>
              <td>
                <Icon name="plus" size={14} className="g-ok" />
              </td>
              <td>{topic.name}</td>
              <td className="dim2">{words.deploy.topicNew(topic.partitions)}</td>
            </tr>
          ))}
          <tr>
            <td>
              <Icon name="level" size={14} className="dim" />
            </td>
            <td>{words.deploy.positions}</td>
            <td className="dim2">{plan.continues ? words.deploy.continues : words.deploy.fromEarliest}</td>
          </tr>
        </tbody>
      </table>
      <details className="plan-text">
        <summary>{words.deploy.description}</summary>
        <pre className="desc">{plan.description}</pre>
      </details>
    </>
  );
}
