import type { BehaviorOptions } from 'aws-cdk-lib/aws-cloudfront';
import type { Construct } from 'constructs';
import type { DistributionEdge } from './edge-settings.ts';

export interface EdgePartProps {
  readonly edge: DistributionEdge;
  /** Region of the lanes. */
  readonly region: string;
}

/** What a lane has behind a distribution. */
export interface EdgePart {
  readonly lane: string;
  /**
   * How the distribution reaches it.
   * @param scope the distribution's construct
   */
  behaviors(scope: Construct): EdgeBehaviors;
  /** Where clients find it. */
  readonly url: (host: string) => string;
  /** Name and description of that URL among the outputs of the edge's stack. */
  readonly output: { readonly id: string; readonly description: string };
  /** Makes what needs the host and the URLs of the other lanes there. */
  finish?(urls: Readonly<Record<string, string>>): void;
}

export interface EdgeBehaviors {
  /** By path pattern. */
  readonly paths: Readonly<Record<string, BehaviorOptions>>;
  /** Of every other path. @default - another lane's */
  readonly rest?: BehaviorOptions | undefined;
}
