/** The arguments do not make sense; the message says what to write instead. */
export class SettingsError extends Error {
  readonly code = 'settings';
}
