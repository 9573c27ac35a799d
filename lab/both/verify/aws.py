"""Makes calls of AWS's API for lab/both/verify/aws.ts: reads them from standard input as JSON, and answers on standard output.

botocore is there anyway, since MiniStack needs it. It knows every service, how each lists page by page, and JMESPath.
"""

import json
import sys

import botocore.exceptions
import botocore.session
import jmespath

clients = {}
session = botocore.session.get_session()


def client_of(service, region):
    key = (service, region)
    if key not in clients:
        clients[key] = session.create_client(service, region_name=region)
    return clients[key]


def answer_if_possible(call):
    try:
        return answer(call)
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
        if call.get("optional"):
            return None
        raise


def answer(call):
    client = client_of(call["service"], call.get("region"))
    operation, parameters = call["operation"], call.get("parameters", {})
    if client.can_paginate(operation):
        return list(client.get_paginator(operation).paginate(**parameters).search(call["expression"]))
    found = jmespath.search(call["expression"], getattr(client, operation)(**parameters))
    return found if isinstance(found, list) else [found]


json.dump([answer_if_possible(call) for call in json.load(sys.stdin)], sys.stdout, default=str)
