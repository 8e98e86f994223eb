import type {
  Append,
  Commit,
  CommitResult,
  CommittedTask,
  Log,
  ReadOptions,
  ReadRequest,
  ReadResult,
  SourcePosition,
  TaskId,
  TopicDescription,
  TopicSpec,
} from '@millrace/engine';

const usableName = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;
const longestName = 249;

/** A log on a cluster that others use too: topics and applications get a prefix on their way in and lose it on their way out. */
export class NamedApartLog implements Log {
  readonly #log: Log;
  readonly #prefix: string;
  readonly #names = new Map<string, string>();

  /** `names`: what an earlier log of the same prefix has named. */
  constructor(log: Log, prefix: string, names: ReadonlyMap<string, string> = new Map()) {
    this.#log = log;
    this.#prefix = prefix;
    this.#names = new Map(names);
  }

  /** Our name of each topic, by that in the cluster. */
  get names(): ReadonlyMap<string, string> {
    return this.#names;
  }

  async topics(): Promise<readonly TopicDescription[]> {
    return (await this.#log.topics()).flatMap((topic) => {
      const name = this.#names.get(topic.name);
      return name === undefined ? [] : [{ ...topic, name }];
    });
  }

  ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    return this.#log.ensureTopics(specs.map((spec) => ({ ...spec, name: this.#apart(spec.name) })));
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.#log.deleteTopics(names.map((name) => this.#apart(name)));
  }

  async read(requests: readonly ReadRequest[], options: ReadOptions): Promise<readonly ReadResult[]> {
    const results = await this.#log.read(
      requests.map((request) => this.#at(request)),
      options,
    );
    return results.map((result) => ({ ...result, topic: this.#names.get(result.topic) ?? result.topic }));
  }

  append(appends: readonly Append[]): Promise<CommitResult> {
    return this.#log.append(appends.map((append) => this.#at(append)));
  }

  commit({ application, tasks, appends }: Commit): Promise<CommitResult> {
    return this.#log.commit({
      application: this.#prefix + application,
      tasks: tasks.map((task) => ({ ...task, positions: task.positions.map((position) => this.#at(position)) })),
      appends: appends.map((append) => this.#at(append)),
    });
  }

  fence(application: string, taskIds: readonly TaskId[]): Promise<readonly number[]> {
    return this.#log.fence(this.#prefix + application, taskIds);
  }

  async committed(application: string, taskId: TaskId): Promise<CommittedTask | null> {
    const task = await this.#log.committed(this.#prefix + application, taskId);
    if (task === null) return null;
    const positions = task.positions.map((position) => ({
      ...position,
      topic: this.#names.get(position.topic) ?? position.topic,
    }));
    return { ...task, positions };
  }

  resetTasks(application: string, taskIds: readonly TaskId[]): Promise<void> {
    return this.#log.resetTasks(this.#prefix + application, taskIds);
  }

  purge(positions: readonly SourcePosition[]): Promise<void> {
    return this.#log.purge(positions.map((position) => this.#at(position)));
  }

  truncate(topics: readonly string[]): Promise<void> {
    return this.#log.truncate(topics.map((topic) => this.#apart(topic)));
  }

  close(): Promise<void> {
    return this.#log.close();
  }

  #at<Place extends { readonly topic: string }>(place: Place): Place {
    return { ...place, topic: this.#apart(place.topic) };
  }

  /** Names that no topic can have stay as they are, so that they are still refused. */
  #apart(name: string): string {
    if (!usableName.test(name)) return name;
    const apart = (this.#prefix + name).slice(0, longestName);
    this.#names.set(apart, name);
    return apart;
  }
}
