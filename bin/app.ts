import { App, Stack } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';

const app = new App();
const s = new Stack(app, 'S', { env: { region: 'us-east-1' } });
new Topic(s, 'T');
