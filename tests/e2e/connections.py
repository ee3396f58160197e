#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What boto3 makes of a server's /@connections, for connections.test.mjs.

Reads one JSON object: {endpoint, key, secret, region, offset, mode, calls: [{op, id, data | size}]},
where `offset` is how many seconds the client's clock is ahead. Prints one JSON list, a result a call.
Or {sign: {method, url, body, presign}}: prints what botocore puts on the wire, {url, headers}.
"""
import base64
import datetime
import json
import sys
import types

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.compat
import botocore.credentials
from botocore.config import Config
from botocore.exceptions import ClientError

order = json.load(sys.stdin)


class Clock(datetime.datetime):
    @classmethod
    def utcnow(cls):
        return datetime.datetime.utcnow() + datetime.timedelta(seconds=order.get('offset', 0))


clock = types.SimpleNamespace(datetime=Clock, timedelta=datetime.timedelta, timezone=datetime.timezone)
botocore.auth.datetime = clock
if botocore.compat.HAS_CRT:  # then AWS's C library signs for clients, and Python below
    import botocore.crt.auth
    botocore.crt.auth.datetime = clock


def sign(what):
    credentials = botocore.credentials.Credentials(order['key'], order['secret'])
    request = botocore.awsrequest.AWSRequest(method=what['method'], url=what['url'], data=what.get('body'))
    if what.get('presign'):
        botocore.auth.SigV4QueryAuth(credentials, 'execute-api', order['region'], what['presign']).add_auth(request)
    else:
        botocore.auth.SigV4Auth(credentials, 'execute-api', order['region']).add_auth(request)
    return {'url': request.url, 'headers': dict(request.headers.items())}


def call(client, what):
    arguments = {'ConnectionId': what['id']}
    if what['op'] == 'post':
        data = b'x' * what['size'] if 'size' in what else base64.b64decode(what['data'])
        arguments['Data'] = data
    operation = {'post': client.post_to_connection, 'get': client.get_connection, 'delete': client.delete_connection}
    try:
        answer = operation[what['op']](**arguments)
        meta = answer.pop('ResponseMetadata')
        return {'status': meta['HTTPStatusCode'], 'retries': meta['RetryAttempts'],
                'answer': json.loads(json.dumps(answer, default=lambda value: value.isoformat()))}
    except ClientError as error:
        meta = error.response['ResponseMetadata']
        return {'status': meta['HTTPStatusCode'], 'retries': meta['RetryAttempts'], 'class': type(error).__name__,
                'code': error.response['Error'].get('Code'), 'message': error.response['Error'].get('Message')}


if 'sign' in order:
    print(json.dumps(sign(order['sign'])))
else:
    connections = boto3.client('apigatewaymanagementapi', region_name=order['region'], endpoint_url=order['endpoint'],
                               aws_access_key_id=order['key'], aws_secret_access_key=order['secret'],
                               config=Config(retries={'mode': order.get('mode', 'legacy')}))
    print(json.dumps([call(connections, what) for what in order['calls']]))
