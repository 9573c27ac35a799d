import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { adaptAssembly, UnknownEndpointError } from '../../../../both/verify/assembly/adapt-assembly.ts';

const HERE = {
  endpoint: 'http://127.0.0.1:4566',
  issuer: 'http://127.0.0.1:1/issuer',
  audience: 'here',
  jwksUri: 'http://127.0.0.1:1/keys',
};

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'realtime-lanes-adapt-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function write(name: string, content: object): void {
  writeFileSync(join(directory, name), JSON.stringify(content));
}

const read = (name: string) => JSON.parse(readFileSync(join(directory, name), 'utf8'));

const functionWith = (Variables: object) => ({
  Resources: { Function: { Type: 'AWS::Lambda::Function', Properties: { Environment: { Variables } } } },
});

const variables = () => read('Lanes.template.json').Resources.Function.Properties.Environment.Variables;

test("points the management endpoint of an API's stage at the emulator", () => {
  const api = { Ref: 'Api' };
  const declared = { 'Fn::Join': ['', ['https://', api, '.execute-api.eu-west-1.', { Ref: 'AWS::URLSuffix' }, '/verify']] };
  write('Lanes.template.json', functionWith({ AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: declared }));
  adaptAssembly(directory, HERE);
  expect(variables()).toEqual({
    AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: { 'Fn::Join': ['', ['http://127.0.0.1:4566/_aws/execute-api/', api, '/verify']] },
  });
});

test('refuses a management endpoint of another form, and quotes it', () => {
  write('Lanes.template.json', functionWith({ AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: 'https://ws.example.com' }));
  expect(() => adaptAssembly(directory, HERE)).toThrow(UnknownEndpointError);
  expect(() => adaptAssembly(directory, HERE)).toThrow('https://ws.example.com');
});

test('has tokens of the issuer on this machine taken', () => {
  write('Lanes.template.json', functionWith({ LANES_TOKEN_ISSUER: 'a', LANES_TOKEN_AUDIENCE: 'b', LANES_TOKEN_JWKS_URI: 'c', OTHER: 'd' }));
  adaptAssembly(directory, HERE);
  expect(variables()).toEqual({
    LANES_TOKEN_ISSUER: HERE.issuer,
    LANES_TOKEN_AUDIENCE: HERE.audience,
    LANES_TOKEN_JWKS_URI: HERE.jwksUri,
    OTHER: 'd',
  });
});

test('publishes no container image, says so, and publishes all other assets', () => {
  const files = { code: { displayName: 'Code' } };
  write('Lanes.assets.json', { version: '1', files, dockerImages: { image: { displayName: 'Image/Asset' } } });
  expect(adaptAssembly(directory, HERE)).toEqual([
    { logicalId: 'Image/Asset', type: 'container image', reason: expect.stringContaining('Docker') },
  ]);
  expect(read('Lanes.assets.json')).toEqual({ version: '1', files });
});
