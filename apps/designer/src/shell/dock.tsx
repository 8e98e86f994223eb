import { Tabs } from 'radix-ui';
import { useState } from 'react';
import { ProblemCounts, ProblemList } from '../problems/problem-list.tsx';
import { StoreList } from '../stores/store-list.tsx';
import { TopicList } from '../topics/topic-list.tsx';
import { words } from '../words.ts';

/** Under the canvas while editing: problems, stores, topics. Another press on the open tab folds it. */
export function Dock() {
  const [tab, setTab] = useState('problems');
  const [isFolded, setFolded] = useState(false);
  const trigger = (value: string, title: string) => (
    <Tabs.Trigger
      value={value}
      onClick={() => {
        if (tab === value) setFolded(!isFolded);
        else setFolded(false);
      }}
    >
      {title}
    </Tabs.Trigger>
  );
  return (
    <Tabs.Root value={tab} onValueChange={setTab} asChild>
      <section className="dock" aria-label={words.problems.title} data-folded={isFolded || undefined}>
        <div className="flex items-center">
          <Tabs.List className="tabs grow" aria-label={words.problems.title}>
            {trigger('problems', words.problems.title)}
            {trigger('stores', words.stores.title)}
            {trigger('topics', words.topics.title)}
            <span className="grow" />
            <ProblemCounts />
          </Tabs.List>
        </div>
        {!isFolded && (
          <>
            <Tabs.Content value="problems">
              <ProblemList />
            </Tabs.Content>
            <Tabs.Content value="stores">
              <StoreList />
            </Tabs.Content>
            <Tabs.Content value="topics">
              <TopicList />
            </Tabs.Content>
          </>
        )}
      </section>
    </Tabs.Root>
  );
}
