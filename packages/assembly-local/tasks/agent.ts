import { ACCOUNT } from '../assembly/resource-types.ts';
import type { Access } from '../iam/access.ts';
import { deliveredLog } from '../iam/log-delivery.ts';
import type { Permission } from '../iam/permission.ts';
import type { Role } from '../iam/roles.ts';
import type { Log } from '../log.ts';

export interface AgentOptions {
  /** The execution role. */
  readonly role: Role;
  readonly access: Access;
  readonly region: string;
  /** `<registry>/<repository>:<tag>` */
  readonly image: string;
  readonly containerName: string;
  /** Options of the `awslogs` driver; undefined if the container does not use it. */
  readonly awslogs: Readonly<Record<string, string>> | undefined;
  readonly log: Log;
}

/**
 * What ECS does with the execution role, before and while a task runs.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
 */
export class Agent {
  readonly #options: AgentOptions;

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  /** @throws AwsError if the role may not pull the image */
  pullImage(taskId: string): void {
    const { image, region, access } = this.#options;
    const repository = image.slice(image.indexOf('/') + 1, image.lastIndexOf(':'));
    const resource = `arn:aws:ecr:${region}:${ACCOUNT}:repository/${repository}`;
    const session = this.#session(taskId);
    access.require(session, { action: 'ecr:GetAuthorizationToken', resource: '*' });
    for (const action of ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']) access.require(session, { action, resource });
  }

  /** Where the lines of a task go. */
  logOf(taskId: string): Log {
    const { awslogs, access, containerName, log } = this.#options;
    if (awslogs === undefined) return log;
    return deliveredLog({
      log,
      region: awslogs['awslogs-region'] ?? '',
      account: ACCOUNT,
      logGroup: awslogs['awslogs-group'] ?? '',
      logStream: `${awslogs['awslogs-stream-prefix']}/${containerName}/${taskId}`,
      allowed: (permission: Permission) => access.allows(this.#session(taskId), permission),
    });
  }

  #session(taskId: string) {
    const { role } = this.#options;
    return { role, arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role.name}/${taskId}` };
  }
}
