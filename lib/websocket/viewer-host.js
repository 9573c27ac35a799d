/** Tells the WebSocket lane by which host the client came: API Gateway takes no `Host` but its own. */
// biome-ignore lint/correctness/noUnusedVariables: CloudFront calls it by this name.
function handler(event) {
  event.request.headers['x-lanes-viewer-host'] = { value: event.request.headers.host.value };
  return event.request;
}
