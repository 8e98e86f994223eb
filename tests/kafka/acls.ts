import kafkajs, { type Admin } from 'kafkajs';
import type { SecureListeners } from '../../scripts/kafka/start-kafka.mjs';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel, ResourcePatternTypes } = kafkajs;

/** What a user may do on something, as Kafka's access control lists say it. */
export interface Right {
  readonly operation: 'READ' | 'WRITE' | 'CREATE' | 'DELETE' | 'ALTER' | 'DESCRIBE' | 'DESCRIBE_CONFIGS';
  readonly on: 'topic' | 'group' | 'transactional id' | 'cluster';
  /** Of all whose names begin so where it ends in a star. */
  readonly name: string;
}

/** `READ topic orders` as a right; the form in which docs/operations.md lists them. */
export function right(text: string): Right {
  const [, operation, on, name] = /^([A-Z_]+) (topic|group|transactional id|cluster) ?(\S*)$/.exec(text) ?? [];
  if (operation === undefined || on === undefined) throw new Error(`This is no right: ${text}`);
  return { operation, on, name: name || 'kafka-cluster' } as Right;
}

/** Grants rights on a cluster, and takes them away. */
export class Acls {
  readonly #admin: Admin;

  private constructor(admin: Admin) {
    this.#admin = admin;
  }

  static async open({ brokers, ca, administrator }: SecureListeners): Promise<Acls> {
    const kafka = new Kafka({
      brokers: [brokers],
      ssl: { ca },
      sasl: { mechanism: 'plain', ...administrator },
      logLevel: logLevel.NOTHING,
    });
    const admin = kafka.admin();
    await admin.connect();
    return new Acls(admin);
  }

  async grant(user: string, rights: readonly string[]): Promise<void> {
    await this.#admin.createAcls({ acl: rights.map((text) => entryOf(user, right(text))) });
  }

  async withdraw(user: string, rights: readonly string[]): Promise<void> {
    await this.#admin.deleteAcls({
      filters: rights.map((text) => {
        const { permissionType, ...entry } = entryOf(user, right(text));
        return { ...entry, permissionType };
      }),
    });
  }

  async close(): Promise<void> {
    await this.#admin.disconnect();
  }
}

function entryOf(user: string, { operation, on, name }: Right) {
  const isPrefix = name.endsWith('*');
  return {
    resourceType: {
      topic: AclResourceTypes.TOPIC,
      group: AclResourceTypes.GROUP,
      'transactional id': AclResourceTypes.TRANSACTIONAL_ID,
      cluster: AclResourceTypes.CLUSTER,
    }[on],
    resourceName: isPrefix ? name.slice(0, -1) : name,
    resourcePatternType: isPrefix ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
    principal: `User:${user}`,
    host: '*',
    operation: AclOperationTypes[operation],
    permissionType: AclPermissionTypes.ALLOW,
  };
}
