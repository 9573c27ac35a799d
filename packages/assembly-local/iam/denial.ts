import { AwsError } from '../endpoint/aws-error.ts';
import type { Permission } from './permission.ts';

/** Why a call was not allowed, in IAM's terms. */
export type DenialReason =
  | 'no identity-based policy allows'
  | 'explicit deny in an identity-based policy'
  | 'explicit deny in a resource-based policy';

/**
 * The response of the service whose action was denied. Code, status and message differ from service to
 * service.
 */
export function denial(principalArn: string, { action, resource }: Permission, reason: DenialReason): AwsError {
  const [service = '', name = ''] = action.split(':');
  const message = (asked: string, on = ` on resource: ${resource}`) => {
    const why = reason === 'no identity-based policy allows' ? `because ${reason} the ${asked} action` : `with an ${reason}`;
    return `User: ${principalArn} is not authorized to perform: ${asked}${on} ${why}`;
  };
  switch (service) {
    case 'sqs':
      return new AwsError('AccessDeniedException', message(action.toLowerCase()), { status: 403, queryCode: 'AccessDenied' });
    case 'sns':
      return new AwsError('AuthorizationError', message(`SNS:${name}`), { status: 403 });
    case 'kms':
      // SNS passes on the error of KMS.
      return new AwsError('KMSAccessDenied', message(action));
    case 'elasticloadbalancing':
      // The actions that the local run knows have no resource to name.
      return new AwsError('AccessDenied', message(action, ''), { status: 403 });
    case 'lambda':
      return new AwsError('AccessDeniedException', message(action), { status: 403 });
    case 'execute-api':
      return new AwsError(
        'AccessDeniedException',
        `User: ${principalArn} is not authorized to perform: ${action} on resource: ${masked(resource)}`,
        {
          status: 403,
        },
      );
    default:
      return new AwsError('AccessDeniedException', message(action));
  }
}

/** API Gateway shows only the last four digits of the account. */
function masked(arn: string): string {
  return arn.replace(/:(\d{8})(\d{4}):/, ':********$2:');
}
