import { describe, expect, test } from '@jest/globals';
import { stageIds } from '../../command-line/stage-option.ts';
import { dev } from '../../lib/stages/dev.ts';
import { STAGES, stageNamed } from '../../lib/stages.ts';
import { TimeoutConflictError } from '../../lib/timeouts.ts';

const KNOWN = STAGES.map(({ id }) => id).join(', ');

describe('stages', () => {
  test.each(STAGES.map(({ id }) => id))('%s is valid, and its timeouts agree', (id) => {
    expect(stageNamed(id).id).toBe(id);
  });

  test('each has the file of its id, by which commands know it', () => {
    expect(stageIds()).toEqual(STAGES.map(({ id }) => id).sort());
  });

  test('an unknown stage is an error that names it and the known ones', () => {
    expect(() => stageNamed('nowhere')).toThrow(`no stage "nowhere". Choose one with -c stage=<id>: ${KNOWN}.`);
  });

  test('no stage at all is the same error', () => {
    expect(() => stageNamed(undefined)).toThrow(`no stage undefined. Choose one with -c stage=<id>: ${KNOWN}.`);
  });

  test('a stage whose timeouts contradict each other is an error', () => {
    const hasty = { ...dev, id: 'hasty', backbone: { ...dev.backbone, publishTimeoutMs: 60_000 } };
    expect(() => stageNamed('hasty', [dev, hasty])).toThrow(TimeoutConflictError);
    expect(stageNamed('dev', [dev, hasty])).toBe(dev);
  });

  test('plain HTTP into production redirects to HTTPS', () => {
    for (const stage of STAGES.filter(({ production }) => production)) expect(stage.edge).not.toHaveProperty('plainHttp', 'forward');
  });
});
