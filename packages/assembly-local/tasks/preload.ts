/**
 * Loaded into a task before its own program: ends the task when the local run is gone, however that one
 * ended. The channel itself must not keep a task alive that has nothing else left to do.
 */
process.on('disconnect', () => process.exit(1));
process.channel?.unref();
// Ctrl-C reaches the whole process group; a task ends on SIGTERM, as on ECS.
process.on('SIGINT', () => undefined);
