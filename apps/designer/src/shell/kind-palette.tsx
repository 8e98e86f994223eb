import { type NodeKindName, nodeKinds } from '@millrace/engine';
import { Popover } from 'radix-ui';
import { useId, useState } from 'react';
import { useCanvas } from '../canvas/canvas-store.ts';
import { Icon, KindIcon } from '../icons.tsx';
import { faces } from '../nodes/faces.ts';
import { findKinds, railKinds } from '../nodes/kind-search.ts';
import { newNodeShape } from '../nodes/node-shape.ts';
import { words } from '../words.ts';
import { useKindDrag } from './use-kind-drag.tsx';

/** All kinds of nodes, in groups, found by typing: the rail's last button, or the key `/`. */
export function KindPalette() {
  const isOpen = useCanvas((state) => state.isPaletteOpen);
  const armed = useCanvas((state) => state.armed);
  const setOpen = (next: boolean): void => useCanvas.setState({ isPaletteOpen: next });
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const { handlersOf, addInMiddle, ghost } = useKindDrag(() => setOpen(false));
  const id = useId();
  const optionId = (kind: NodeKindName): string => `${id}-${kind}`;
  const groups = findKinds(text);
  const shown = groups.flatMap(({ kinds }) => kinds);
  const isOther = armed !== null && !(railKinds as readonly string[]).includes(armed);
  return (
    <Popover.Root
      open={isOpen}
      onOpenChange={(next) => {
        setOpen(next);
        setText('');
        setAt(0);
      }}
    >
      <Popover.Anchor virtualRef={besideRail} />
      <Popover.Trigger asChild>
        <button
          type="button"
          data-testid="palette-more"
          aria-pressed={isOther}
          aria-label={words.kinds.more}
          title={words.kinds.moreTitle}
        >
          <Icon name="dots" size={18} className="wide-only" />
          <span className="wide-only">{words.kinds.more}</span>
          <Icon name="plus" size={24} className="narrow-only" />
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="menu palette"
          side="right"
          align="start"
          sideOffset={8}
          collisionPadding={{ top: 52, bottom: 12 }}
          aria-label={words.kinds.palette}
          onCloseAutoFocus={(event) => {
            // The keys of the canvas act again, on the node that was added if one was.
            event.preventDefault();
            focusCanvas();
          }}
        >
          <span className="field">
            <Icon name="search" size={14} className="dim" />
            <input
              role="combobox"
              aria-expanded="true"
              aria-controls={`${id}-kinds`}
              aria-activedescendant={shown[at] === undefined ? undefined : optionId(shown[at])}
              aria-autocomplete="list"
              aria-label={words.kinds.find}
              placeholder={words.kinds.find}
              autoComplete="off"
              spellCheck={false}
              value={text}
              onChange={(event) => {
                setText(event.currentTarget.value);
                setAt(0);
              }}
              onKeyDown={(event) => {
                if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
                  event.preventDefault();
                  const step = event.key === 'ArrowDown' ? 1 : shown.length - 1;
                  setAt((before) => (before + step) % Math.max(1, shown.length));
                } else if (event.key === 'Enter') {
                  const kind = shown[at];
                  if (kind !== undefined) addInMiddle(kind);
                }
              }}
            />
            <kbd>/</kbd>
          </span>
          <div id={`${id}-kinds`} className="palette-kinds" role="listbox" aria-label={words.kinds.palette}>
            {groups.map(({ category, kinds }) => (
              // biome-ignore lint/a11y/useSemanticElements: a group of options, which a field set cannot be.
              <div key={category} role="group" aria-label={words.kinds.groups[category]}>
                <div className="palette-group" aria-hidden="true">
                  {words.kinds.groups[category]}
                </div>
                {kinds.map((kind) => (
                  <KindRow
                    key={kind}
                    id={optionId(kind)}
                    kind={kind}
                    isAt={kind === shown[at]}
                    handlers={handlersOf(kind)}
                  />
                ))}
              </div>
            ))}
          </div>
          <p className="palette-none" role="status">
            {shown.length === 0 && words.kinds.noneFound(text)}
          </p>
          {ghost}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** It opens at the top of the rail, so that it stays where it is while its list becomes shorter. */
const besideRail = {
  current: {
    getBoundingClientRect: () => document.querySelector('.rail')?.getBoundingClientRect() ?? new DOMRect(),
  },
};

/** The selected node, drawn a moment later if it is new, or else the canvas as a whole. */
function focusCanvas(): void {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const [node] = useCanvas.getState().selectedNodes;
      const drawn =
        node === undefined
          ? null
          : document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(node)}"]`);
      (drawn ?? document.querySelector<HTMLElement>('.canvas'))?.focus({ preventScroll: true });
    }),
  );
}

interface KindRowProps {
  readonly id: string;
  readonly kind: NodeKindName;
  readonly isAt: boolean;
  readonly handlers: ReturnType<ReturnType<typeof useKindDrag>['handlersOf']>;
}

function KindRow({ id, kind, isAt, handlers }: KindRowProps) {
  const { title, summary } = nodeKinds[kind];
  return (
    <button
      type="button"
      role="option"
      id={id}
      className="kind-row"
      // The search has the focus and names the row that Enter takes.
      tabIndex={-1}
      aria-selected={isAt}
      data-testid={`kind-${kind}`}
      ref={(element) => {
        if (isAt) element?.scrollIntoView({ block: 'nearest' });
      }}
      {...handlers}
    >
      <i className="tile" data-shape={newNodeShape(kind)}>
        <KindIcon drawing={faces[kind].icon} size={16} />
      </i>
      <b>{title}</b>
      <span className="dim">{summary}</span>
    </button>
  );
}
