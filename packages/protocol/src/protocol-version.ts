/** Raised whenever a message changes shape or meaning; a server refuses a worker that speaks another version. */
export const protocolVersion = 4;
