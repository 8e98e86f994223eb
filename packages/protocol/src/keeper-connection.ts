/** How keepers and servers find each other: a WebSocket at this path, with the token as a bearer token. */
export const keeperPath = '/workers';

/** The request header that tells the protocol's version before anything is said in it. */
export const protocolVersionHeader = 'x-millrace-protocol';

/** A longer frame ends the connection; whoever sends leaves out what would not fit. */
export const keeperFrameBytesMax = 16 * 1024 * 1024;

/** The server gives a sign of life this often. */
export const keeperPingMs = 5_000;

/** Either side gives the connection up when nothing was heard for so long. */
export const keeperSilenceMs = 15_000;
