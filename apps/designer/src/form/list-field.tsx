import type { ReactNode } from 'react';
import { Icon } from '../icons.tsx';
import { words } from '../words.ts';

interface ListFieldProps {
  readonly items: readonly unknown[];
  /** What one of them is called. */
  readonly itemName: string;
  readonly onAdd: (index: number) => void;
  readonly onRemove: (index: number) => void;
  /** Null where the order is not the user's to choose. */
  readonly onMoveUp: ((index: number) => void) | null;
  readonly row: (index: number, item: { readonly [name: string]: unknown }) => ReactNode;
}

/** Several of the same kind, each with fields of its own: branches, headers. */
export function ListField({ items, itemName, onAdd, onRemove, onMoveUp, row }: ListFieldProps) {
  return (
    <div className="list-field">
      {items.map((item, index) => {
        const title = `${itemName[0]?.toUpperCase()}${itemName.slice(1)} ${index + 1}`;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: an item is its place in the list; its name changes as one types.
          <fieldset key={index} className="list-item" aria-label={title}>
            <div className="lab">
              <span>{title}</span>
              <span className="acts">
                {onMoveUp !== null && index > 0 && (
                  <button
                    type="button"
                    className="icon-btn"
                    aria-label={words.inspector.moveItemUp(title.toLowerCase())}
                    title={words.inspector.moveUp}
                    onClick={() => onMoveUp(index)}
                  >
                    <Icon name="up" size={14} />
                  </button>
                )}
                <button
                  type="button"
                  className="icon-btn"
                  aria-label={words.inspector.removeItem(title.toLowerCase())}
                  title={words.inspector.remove}
                  onClick={() => onRemove(index)}
                >
                  <Icon name="close" size={14} />
                </button>
              </span>
            </div>
            <div className="list-fields">
              {row(index, typeof item === 'object' && item !== null ? (item as { [name: string]: unknown }) : {})}
            </div>
          </fieldset>
        );
      })}
      <div>
        <button type="button" className="btn" data-size="sm" onClick={() => onAdd(items.length)}>
          <Icon name="plus" size={12} />
          {words.inspector.addItem(itemName)}
        </button>
      </div>
    </div>
  );
}
