import { describe, expect, test } from '@jest/globals';
import { dev } from '../../lib/stages/dev.ts';
import { STAGES, stageNamed } from '../../lib/stages.ts';
import { TimeoutConflictError } from '../../lib/timeouts.ts';

describe('stages', () => {
  test.each(STAGES.map(({ id }) => id))('%s is valid, and its timeouts agree', (id) => {
    expect(stageNamed(id).id).toBe(id);
  });

  test('an unknown stage is an error that names it and the known ones', () => {
    expect(() => stageNamed('staging')).toThrow(/no stage "staging".*dev, preview, prod/);
  });

  test('no stage at all is the same error', () => {
    expect(() => stageNamed(undefined)).toThrow(/no stage undefined.*dev, preview, prod/);
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
