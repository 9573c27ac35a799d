import { expect, test } from '@jest/globals';
import { UnknownUserError, userIn } from '../../../../both/verify/tasks/passwd.ts';

const PASSWD = 'root:x:0:0:root:/root:/bin/bash\nnodejs:x:5:6::/:/bin/sh\nnode:x:1000:1001::/home/node:/bin/bash\n';

test('finds a user by the whole of its name', () => {
  expect(userIn(PASSWD, 'node')).toEqual({ uid: 1000, gid: 1001 });
});

test('refuses a user that there is not, by its name', () => {
  expect(() => userIn(PASSWD, 'nobody')).toThrow(new UnknownUserError('the image has no user nobody'));
});
