/** A token of the local issuer for a user who may do everything. */
export async function requestToken(tokenUrl: string, subject: string): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', subject });
  const response = await fetch(tokenUrl, { method: 'POST', body });
  const { access_token: token } = (await response.json()) as { readonly access_token: string };
  return token;
}
