import { Popover } from 'radix-ui';
import { useId, useRef, useState } from 'react';
import { useCatalogue } from '../document/catalogue-store.ts';
import { Icon } from '../icons.tsx';
import { compact } from '../live/figures.ts';
import { words } from '../words.ts';

interface TopicFieldProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly placeholder: string;
  readonly isInvalid: boolean;
  /** Whether a topic that does not exist yet may be named. */
  readonly mayBeNew: boolean;
  readonly onChange: (topic: string) => void;
}

/** The topics there are, found by typing; a sink may name a new one. */
export function TopicField({ id, label, value, placeholder, isInvalid, mayBeNew, onChange }: TopicFieldProps) {
  const [isOpen, setOpen] = useState(false);
  const [isFiltering, setFiltering] = useState(false);
  const [at, setAt] = useState(0);
  const views = useCatalogue((state) => state.views);
  const isKnown = useCatalogue((state) => state.isKnown);
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const external = views.filter((view) => view.role === 'external');
  const shown = isFiltering
    ? external.filter((view) => view.name.toLowerCase().includes(value.toLowerCase()))
    : external;
  const isNew = mayBeNew && isKnown && value !== '' && !views.some((view) => view.name === value);
  const choose = (topic: string): void => {
    onChange(topic);
    setOpen(false);
    setFiltering(false);
  };
  return (
    <>
      <Popover.Root open={isOpen && shown.length > 0} onOpenChange={setOpen}>
        <Popover.Anchor asChild>
          <span className="field" data-invalid={isInvalid || undefined}>
            <Icon name="log" size={14} className="dim" />
            <input
              ref={input}
              id={id}
              role="combobox"
              aria-expanded={isOpen && shown.length > 0}
              aria-controls={listId}
              aria-autocomplete="list"
              aria-invalid={isInvalid || undefined}
              autoComplete="off"
              spellCheck={false}
              placeholder={placeholder}
              value={value}
              onChange={(event) => {
                onChange(event.currentTarget.value.trim());
                setFiltering(true);
                setAt(0);
                setOpen(true);
              }}
              onClick={() => setOpen(true)}
              onBlur={() => setOpen(false)}
              onKeyDown={(event) => {
                if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
                  event.preventDefault();
                  if (!isOpen) setOpen(true);
                  else
                    setAt(
                      (before) =>
                        (before + (event.key === 'ArrowDown' ? 1 : shown.length - 1)) % Math.max(1, shown.length),
                    );
                } else if (event.key === 'Enter' && isOpen) {
                  const topic = shown[at];
                  if (topic !== undefined && !(mayBeNew && isFiltering)) choose(topic.name);
                  else setOpen(false);
                } else if (event.key === 'Escape' && isOpen) {
                  event.stopPropagation();
                  setOpen(false);
                }
              }}
            />
            <button
              type="button"
              tabIndex={-1}
              aria-label={words.inspector.chooseTopic(label)}
              onPointerDown={(event) => {
                event.preventDefault();
                setFiltering(false);
                setOpen(!isOpen);
                input.current?.focus();
              }}
            >
              <Icon name="down" size={12} className="dim" />
            </button>
          </span>
        </Popover.Anchor>
        <Popover.Portal>
          <Popover.Content
            className="menu options"
            align="start"
            sideOffset={4}
            onOpenAutoFocus={(event) => event.preventDefault()}
            onCloseAutoFocus={(event) => event.preventDefault()}
          >
            <div id={listId} role="listbox" aria-label={words.inspector.topicsOf}>
              {shown.map((view, index) => (
                // biome-ignore lint/a11y/useFocusableInteractive: the combobox keeps the focus and names the active option.
                // biome-ignore lint/a11y/useKeyWithClickEvents: its keys are the combobox's.
                <div
                  key={view.name}
                  role="option"
                  aria-selected={index === at}
                  className="menu-item"
                  onPointerDown={(event) => event.preventDefault()}
                  onClick={() => choose(view.name)}
                >
                  <span className="cut grow">{view.name}</span>
                  <span className="dim">{words.inspector.records(compact(view.records))}</span>
                </div>
              ))}
            </div>
          </Popover.Content>
        </Popover.Portal>
      </Popover.Root>
      {isNew && <p className="help">{words.inspector.newTopicHelp(value)}</p>}
    </>
  );
}
