import { type Diagnostic, nodeKind } from '@millrace/engine';
import { goToPlace, useCanvas } from '../canvas/canvas-store.ts';
import { fixOf } from '../document/apply-fix.ts';
import { type Command, configAt, edgeId, remove } from '../document/commands.ts';
import { apply, useDocument } from '../document/document-store.ts';
import { useValidation } from '../document/validation-store.ts';
import { type ConfigField, configFields } from '../form/config-fields.ts';
import { Icon } from '../icons.tsx';
import { words } from '../words.ts';

export const severityGlyphs = { error: 'invalid', warning: 'warning', note: 'info' } as const;
const severityLooks = { error: 'g-bad', warning: 'g-warn', note: 'g-info' } as const;

/** Goes to the node, the field and the column of a problem. */
export function goToProblem(diagnostic: Diagnostic): void {
  const node = diagnostic.node ?? diagnostic.edge?.to.split('.')[0];
  if (node !== undefined) goToPlace(node, diagnostic.path, diagnostic.span ?? null);
}

export function ProblemList() {
  const { diagnostics, isCurrent } = useValidation();
  const pipeline = useDocument((state) => state.pipeline);
  const at = useCanvas((state) => state.selectedNodes);
  if (pipeline === null) return null;
  if (diagnostics.length === 0) {
    return (
      <div className="rows problems">
        <p>
          {!isCurrent
            ? words.problems.unknown
            : pipeline.nodes.length === 0
              ? words.problems.emptyPipeline
              : words.problems.none}
        </p>
      </div>
    );
  }
  const nameOf = (id: string | null): string =>
    id === null ? words.problems.pipeline : (pipeline.nodes.find((node) => node.id === id)?.name ?? id);
  return (
    <ul className="rows problems" aria-label={words.problems.title}>
      {diagnostics.map((diagnostic, index) => {
        const { severity, node, message, fix } = diagnostic;
        return (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: two findings may be alike in everything else.
            key={`${index}-${diagnostic.code}`}
            className="problem"
            data-severity={severity}
            data-node={node ?? undefined}
            data-at={(node !== null && at.has(node)) || undefined}
          >
            <Icon name={severityGlyphs[severity]} size={14} className={severityLooks[severity]} />
            <span className="who cut">{nameOf(node)}</span>
            <button
              type="button"
              className="jump cut"
              aria-label={`${words.problems.severity[severity]}, ${nameOf(node)}: ${message}`}
              title={message}
              onClick={() => goToProblem(diagnostic)}
            >
              {message}
            </button>
            <span className="place dim cut" title={placeOf(diagnostic)}>
              {placeOf(diagnostic)}
            </span>
            <span className="num">
              {fix !== undefined && (
                <button type="button" className="btn" data-size="sm" onClick={() => apply(fixOf(diagnostic))}>
                  <span className="cut">{fix.title}</span>
                </button>
              )}
              {diagnostic.code === 'edge-port' && diagnostic.edge !== undefined && (
                // Its port is gone, so the canvas has no place to draw it, and nobody could take hold of it there.
                <button
                  type="button"
                  className="btn"
                  data-size="sm"
                  onClick={() => diagnostic.edge !== undefined && apply(removeEdge(diagnostic.edge))}
                >
                  <span className="cut">{words.problems.removeEdge}</span>
                </button>
              )}
            </span>
          </li>
        );
      })}
    </ul>
  );

  /** The field's label, with line and column of the part at fault. */
  function placeOf({ node: id, path, span }: Diagnostic): string {
    const node = pipeline?.nodes.find((candidate) => candidate.id === id);
    const [name] = path;
    if (node === undefined || name === undefined) return '';
    const fields = configFields(nodeKind(node.kind)?.config ?? {});
    const label = labelAt(fields, path);
    const text = configAt(node.config, path);
    if (span === undefined || typeof text !== 'string') return label;
    const before = text.slice(0, span.start).split('\n');
    return words.problems.at(label, before.length, (before.at(-1)?.length ?? 0) + 1);
  }
}

function removeEdge(edge: NonNullable<Diagnostic['edge']>): Command {
  return remove(new Set(), new Set([edgeId(edge)]));
}

/** The label of the field at a place; within a list, of which item. */
function labelAt(fields: readonly ConfigField[], [name, index, ...rest]: Diagnostic['path']): string {
  const field = fields.find((candidate) => candidate.name === name);
  if (field === undefined) return String(name);
  const { label, itemName } = field.meta;
  if (typeof index !== 'number') return label;
  const item = `${itemName === undefined ? label : `${itemName[0]?.toUpperCase()}${itemName.slice(1)}`} ${index + 1}`;
  return rest.length === 0 || field.items.length === 0 ? item : `${item}, ${labelAt(field.items, rest)}`;
}

export function ProblemCounts() {
  const { errorCount, warningCount, noteCount } = useValidation();
  const counts = [
    ['error', errorCount, words.problems.errors(errorCount)],
    ['warning', warningCount, words.problems.warnings(warningCount)],
    ['note', noteCount, words.problems.notes(noteCount)],
  ] as const;
  return (
    <span className="dock-counts">
      {counts.map(
        ([severity, count, label]) =>
          count > 0 && (
            <span key={severity} title={label}>
              <Icon name={severityGlyphs[severity]} size={14} className={severityLooks[severity]} />
              {count}
              <span className="unseen">{label}</span>
            </span>
          ),
      )}
    </span>
  );
}
