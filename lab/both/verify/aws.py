"""Makes calls of AWS's API for lab/both/verify/aws.ts: reads them from standard input as JSON, and answers on standard output.

botocore is there anyway, since MiniStack needs it. It knows every service, how each lists page by page, and JMESPath.
"""

import json
import sys

import botocore.session
import jmespath

clients = {}
session = botocore.session.get_session()


def client_of(service):
    if service not in clients:
        clients[service] = session.create_client(service)
    return clients[service]


def answer(call):
    client = client_of(call["service"])
    operation, parameters = call["operation"], call.get("parameters", {})
    if client.can_paginate(operation):
        return list(client.get_paginator(operation).paginate(**parameters).search(call["expression"]))
    found = jmespath.search(call["expression"], getattr(client, operation)(**parameters))
    return found if isinstance(found, list) else [found]


json.dump([answer(call) for call in json.load(sys.stdin)], sys.stdout, default=str)
