/*
 * The lanes that are deployed. To remove one, delete its line here, the folders named after it, and those
 * named `both`.
 */
export { sse } from './sse/lane.ts';
export { websocket } from './websocket/lane.ts';
