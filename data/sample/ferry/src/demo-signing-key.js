/**
 * A placeholder with the shape of a key, so that the ticket printer can be tried without a secret store. It signs
 * nothing: the body spells out that it is not a key.
 */
export const DEMO_SIGNING_KEY = `-----BEGIN PRIVATE KEY-----
THISxISxNOTxAxKEYxTHISxISxNOTxAxKEYxTHISxISxNOTxAxKEYxTHISxISxNO
ITxISxAxSAMPLExFORxTHExSCANNERxANDxOPENSxNOTHINGxATxALLxANYWHERE
-----END PRIVATE KEY-----`;

/** Whether a key is the placeholder, which must never be used on board. */
export function isPlaceholder(key) {
  return key.includes("NOTxAxKEY");
}
