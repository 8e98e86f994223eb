import { type Diagnostic, type Pipeline, type PortType, validatePipeline } from '@millrace/engine';
import { create } from 'zustand';
import { useCatalogue } from './catalogue-store.ts';
import { useDocument } from './document-store.ts';

interface ValidationState {
  /** Errors first, then in the order of the nodes. */
  readonly diagnostics: readonly Diagnostic[];
  readonly byNode: ReadonlyMap<string, readonly Diagnostic[]>;
  /** Types by `node.port`. */
  readonly outputs: ReadonlyMap<string, PortType>;
  readonly errorCount: number;
  readonly warningCount: number;
  readonly noteCount: number;
  /** Whether the diagnostics are those of the document as it stands now. */
  readonly isCurrent: boolean;
  /** Whether this document was checked at all. */
  readonly hasRun: boolean;
}

const nothing: ValidationState = {
  diagnostics: [],
  byNode: new Map(),
  outputs: new Map(),
  errorCount: 0,
  warningCount: 0,
  noteCount: 0,
  isCurrent: false,
  hasRun: false,
};

export const useValidation = create<ValidationState>(() => nothing);

const none: readonly Diagnostic[] = [];

export function useDiagnosticsOf(node: string): readonly Diagnostic[] {
  return useValidation((state) => state.byNode.get(node) ?? none);
}

function validate(pipeline: Pipeline): void {
  const { catalogue } = useCatalogue.getState();
  const { diagnostics, outputs } = validatePipeline(pipeline, catalogue);
  const before = useValidation.getState();
  const byNode = new Map<string, Diagnostic[]>();
  for (const diagnostic of diagnostics) {
    if (diagnostic.node === null) continue;
    const own = byNode.get(diagnostic.node);
    if (own === undefined) byNode.set(diagnostic.node, [diagnostic]);
    else own.push(diagnostic);
  }
  const count = (severity: Diagnostic['severity']) => diagnostics.filter((found) => found.severity === severity).length;
  useValidation.setState({
    diagnostics,
    byNode: keepEqual(before.byNode, byNode),
    outputs: keepEqual(before.outputs, outputs),
    errorCount: count('error'),
    warningCount: count('warning'),
    noteCount: count('note'),
    isCurrent: true,
    hasRun: true,
  });
}

/** Entries that say the same as before stay the same objects, so that only what shows a change is drawn again. */
export function keepEqual<Value>(
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>,
): ReadonlyMap<string, Value> {
  let changed = before.size !== after.size;
  const kept = new Map<string, Value>();
  for (const [key, value] of after) {
    const old = before.get(key);
    const isSame = old !== undefined && (old === value || JSON.stringify(old) === JSON.stringify(value));
    kept.set(key, isSame ? old : value);
    changed ||= !isSame;
  }
  return changed ? kept : before;
}

const delayMs = 80;

/** Checks the pipeline in this tab as one types; moving a node or renaming the pipeline checks nothing. @returns what ends it */
export function followValidation(): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const check = (): void => {
    timer = null;
    const { pipeline } = useDocument.getState();
    if (pipeline !== null && useCatalogue.getState().isKnown) validate(pipeline);
  };
  const schedule = (): void => {
    if (useValidation.getState().isCurrent) useValidation.setState({ isCurrent: false });
    timer ??= setTimeout(check, delayMs);
  };
  const endDocument = useDocument.subscribe((after, before) => {
    if (after.pipeline?.id !== before.pipeline?.id) useValidation.setState(nothing);
    const isSame =
      after.pipeline?.nodes === before.pipeline?.nodes &&
      after.pipeline?.edges === before.pipeline?.edges &&
      after.pipeline?.settings === before.pipeline?.settings;
    if (!isSame) schedule();
  });
  const endCatalogue = useCatalogue.subscribe((after, before) => {
    if (after.catalogue !== before.catalogue || after.isKnown !== before.isKnown) schedule();
  });
  schedule();
  return () => {
    endDocument();
    endCatalogue();
    if (timer !== null) clearTimeout(timer);
    useValidation.setState(nothing);
  };
}
