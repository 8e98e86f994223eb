/** The version that is started when none is named. */
export const defaultVersion: string;

/** Whether both programs that a broker needs are here. */
export function installedTools(): Promise<{ java: boolean; maven: boolean }>;
