/** Why there is no connection to the server, as sentences with what to do. */
export interface ConnectionFault {
  readonly message: string;
  /** Whether somebody must act: trying again changes nothing. */
  readonly isFinal: boolean;
}

const untrusted: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
]);

/** What an error of the network, or of TLS, means to whoever started the worker. */
export function faultOfError(error: Error, url: URL): ConnectionFault {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const where = url.host;
  if (untrusted.has(code)) {
    return final(
      `The certificate of ${where} is not trusted. Give the certificate of the authority that signed it, or the server's own: --ca FILE.`,
    );
  }
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return final(
        `The certificate of ${where} does not name ${url.hostname}. Use a name that stands in it, or make one with this name.`,
      );
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return final(
        `The certificate of ${where} is not valid at this time (${code}). Renew it at the server, or set this machine's clock.`,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return passing(`The name ${url.hostname} is not known here. Look at the address that was given with --server.`);
    case 'ECONNREFUSED':
      return passing(
        `Nobody listens at ${where}. Is the server started with --worker-listen, and is this the address it names?`,
      );
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return final(`${where} does not speak TLS. Is it the port of --worker-listen, and not the page's?`);
    case 'ECONNRESET':
      return passing(
        `${where} closed the connection before it stood. ${
          url.protocol === 'ws:'
            ? 'A server with a certificate is reached with wss://.'
            : 'Has the server a certificate, --worker-tls-cert? One without is reached with ws://, from its own machine only.'
        }`,
      );
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return passing(`${where} does not answer. Is a firewall between here and there?`);
    default:
      return passing(`${where} cannot be reached: ${error.message}.`);
  }
}

/** @param text what the server said to it */
export function faultOfStatus(status: number, text: string, url: URL): ConnectionFault {
  const words = text.trim().slice(0, 500);
  if (status === 401) {
    return final(
      `${url.host} does not know this token. Set MILLRACE_WORKER_TOKEN to the same value here and where the server is started.`,
    );
  }
  if (status === 426) return final(words);
  if (status === 429 || status === 503) return passing(words);
  return final(
    `${url.host} does not take workers (it answered ${status}). Give the address of --worker-listen, not the page's.`,
  );
}

function final(message: string): ConnectionFault {
  return { message, isFinal: true };
}

function passing(message: string): ConnectionFault {
  return { message, isFinal: false };
}
