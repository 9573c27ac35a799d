import { describe, expect, test } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { BackboneStack } from '../../../lib/backbone/backbone-stack.ts';
import { parseStage, type Stage } from '../../../lib/stage.ts';
import { dev, prod } from '../fixed-stages.ts';
import { flatten, testApp } from '../harness.ts';

const ISSUER = { url: 'https://issuer.example.com', audience: 'lanes', jwksUri: 'https://issuer.example.com/keys' };

const synthesize = (stage: Stage) => Template.fromStack(new BackboneStack(testApp(), 'Backbone', { env: { region: stage.region }, stage }));

test.each(['aws1', 'myamazon', 'cognito'])('a stage %s is refused in the synth: its users could have no domain', (id) => {
  const stage = { ...dev, id };
  const add = (props: Stage) => new BackboneStack(testApp(), `Lanes${id}Backbone`, { env: { region: stage.region }, stage: props });
  expect(() => add(stage)).toThrow(/holds "(aws|amazon|cognito)".*rename the stage, or name an issuer/);
  expect(() => add({ ...stage, auth: { ...stage.auth, issuer: ISSUER } })).not.toThrow();
});

describe('a stage that names no issuer has users of its own', () => {
  const template = synthesize(prod);

  test('whom operators add, with strong passwords, and who are kept with the data', () => {
    template.hasResource('AWS::Cognito::UserPool', {
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: {
        AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
        DeletionProtection: 'ACTIVE',
        Policies: { PasswordPolicy: Match.objectLike({ MinimumLength: 12 }) },
      },
    });
  });

  test('whose access tokens get the claim, from a trigger version that supports it', () => {
    template.hasResourceProperties('AWS::Cognito::UserPool', {
      UserPoolTier: 'ESSENTIALS',
      LambdaConfig: { PreTokenGenerationConfig: { LambdaVersion: 'V2_0' } },
    });
  });

  test('who sign in only with the authorization code flow, and return to the lane', () => {
    template.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      AllowedOAuthFlows: ['code'],
      CallbackURLs: ['https://lanes.example.com/'],
      GenerateSecret: false,
    });
  });
});

test('in development they are deleted with the stack', () => {
  synthesize(dev).hasResource('AWS::Cognito::UserPool', { DeletionPolicy: 'Delete', Properties: { DeletionProtection: 'INACTIVE' } });
});

test('a stage that names an issuer has none of this', () => {
  const template = synthesize({ ...dev, auth: { ...dev.auth, issuer: ISSUER } });
  template.resourceCountIs('AWS::Cognito::UserPool', 0);
  template.hasOutput('TokenIssuer', { Value: ISSUER.url });
});

test.each([
  ['a client of it', { clientId: 'console' }, { issuer: ISSUER.url, clientId: 'console' }],
  ['no client of it', {}, undefined],
])('a stage that names an issuer and %s tells the console so', (_, client, signIn) => {
  const stage: Stage = { ...dev, auth: { ...dev.auth, issuer: { ...ISSUER, ...client } } };
  const { access } = new BackboneStack(testApp(), 'Backbone', { env: { region: stage.region }, stage });
  expect(access.signIn).toEqual(signIn);
});

test.each([
  ['no client of it', {}, []],
  ['a client of it', { clientId: 'console' }, ['https://issuer.example.com']],
  [
    'a token endpoint elsewhere',
    { clientId: 'console', tokenOrigin: 'https://tokens.example.com' },
    ['https://issuer.example.com', 'https://tokens.example.com'],
  ],
])('a page connects to the issuer of a stage that names %s at these origins', (_, client, origins) => {
  const stage: Stage = { ...dev, auth: { ...dev.auth, issuer: { ...ISSUER, ...client } } };
  const { access } = new BackboneStack(testApp(), 'Backbone', { env: { region: stage.region }, stage });
  expect(access.signInOrigins).toEqual(origins);
});

test('a page connects to the two hosts of a user pool: one has discovery, the other tokens', () => {
  const stack = new BackboneStack(testApp(), 'Backbone', { env: { region: dev.region }, stage: dev });
  const [domain] = Object.values(Template.fromStack(stack).findResources('AWS::Cognito::UserPoolDomain'));
  expect(domain?.['Properties'].Domain).toEqual({ 'Fn::Join': ['', ['backbone-', { Ref: 'AWS::AccountId' }]] });
  expect(stack.access.signInOrigins.map((origin) => flatten(stack.resolve(origin)))).toEqual([
    `https://cognito-idp.${dev.region}.amazonaws.com`,
    `https://backbone-<AWS::AccountId>.auth.${dev.region}.amazoncognito.com`,
  ]);
});

describe('a stage is refused', () => {
  test.each<[string, object]>([
    ['whose issuer speaks plain HTTP', { ...prod, auth: { ...prod.auth, issuer: { ...ISSUER, url: 'http://issuer.example.com' } } }],
    ['of production that takes tokens in the query', { ...prod, auth: { ...prod.auth, queryToken: true } }],
    ['of production that allows a page of plain HTTP', { ...prod, auth: { ...prod.auth, origins: ['http://app.example.com'] } }],
    ['that allows every page', { ...dev, auth: { ...dev.auth, origins: ['*'] } }],
    ['whose origin has a path', { ...dev, auth: { ...dev.auth, origins: ['https://app.example.com/'] } }],
  ])('%s', (_, stage) => {
    expect(() => parseStage(stage, 'the test')).toThrow(/auth\./);
  });
});
