#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A small S3 that misbehaves on order: s3_fake.py PORT [BEHIND].

With BEHIND, the port of a real one on this machine, what does not go wrong is carried out there.

PUT /-/faults with a word makes the first try of every call from then on go wrong that way:
lost (not done, no answer), unheard (done, no answer), late (done, answered when nobody waits any more), slow_down (503), error_200 (CompleteMultipartUpload: 200 with an <Error>, not done),
damaged (a part or object is kept damaged), none. For every call, not only the first try: full (507), expired (403
ExpiredToken), and skewed (403 RequestTimeTooSkewed, by a clock that is a day ahead). GET /-/left tells how many uploads are open.
"""
import contextlib, hashlib, http.client, sys, threading, time, uuid
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

objects, uploads, seen, fault = {}, {}, set(), 'none'
lock = threading.Lock()


def etag_of(body):
    return '"%s"' % hashlib.md5(body).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def answer(self, status, body=b'', **headers):
        if isinstance(body, str):
            body = body.encode()
        self.send_response(status)
        self.send_header('Content-Length', headers.pop('length', len(body)))
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def error(self, status, code):
        self.answer(status, '<?xml version="1.0"?>\n<Error><Code>%s</Code><Message>as ordered</Message></Error>' % code)

    def handle_one(self):
        global fault
        address = urlsplit(self.path)
        key, query = unquote(address.path), dict(parse_qsl(address.query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        if key == '/-/faults':
            fault = body.decode()
            seen.clear()
            return self.answer(200)
        if key == '/-/left':
            return self.answer(200, str(len(uploads)))
        if fault == 'full' and self.command in ('PUT', 'POST'):
            return self.error(507, 'InsufficientCapacity')
        if fault == 'expired':
            return self.error(403, 'ExpiredToken')
        if fault == 'skewed' and not self.headers['x-amz-date'].startswith(time.strftime('%Y%m%d', time.gmtime(ahead()))):
            return self.error(403, 'RequestTimeTooSkewed')
        if behind is None and not (self.headers.get('Authorization') or '').startswith('AWS4-HMAC-SHA256 Credential=key/'):
            return self.error(403, 'AccessDenied')
        if behind is None and self.headers['x-amz-content-sha256'] != hashlib.sha256(body).hexdigest():
            return self.error(400, 'XAmzContentSHA256Mismatch')
        call = (self.command, self.path)
        with lock:
            goes_wrong = fault if call not in seen else 'none'
            seen.add(call)
        if goes_wrong == 'lost':
            self.close_connection = True
            return
        if goes_wrong == 'slow_down':
            return self.error(503, 'SlowDown')
        if goes_wrong == 'error_200' and self.command == 'POST' and 'uploadId' in query:
            return self.error(200, 'InternalError')
        if goes_wrong == 'unheard':
            self.answer = lambda *a, **b: setattr(self, 'close_connection', True)
        if goes_wrong == 'damaged' and self.command == 'PUT':
            body = b'damaged' + body
        said, answer = [], self.answer
        if goes_wrong == 'late':
            self.answer = lambda *a, **b: said.append((a, b))
        with lock:
            self.serve(key, query, body) if behind is None else self.pass_on(body)
        for words, more in said:
            time.sleep(1.5)
            self.close_connection = True
            with contextlib.suppress(OSError):
                answer(*words, **more)

    def date_time_string(self, timestamp=None):
        return formatdate(ahead(), usegmt=True)

    def pass_on(self, body):
        real = http.client.HTTPConnection('127.0.0.1', behind, timeout=30)
        real.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            real.putheader(name, value)
        real.endheaders(body)
        said = real.getresponse()
        content = said.read()
        kept = {n: v for n, v in said.getheaders() if n.lower() not in ('content-length', 'date', 'server', 'connection', 'transfer-encoding')}
        length = said.getheader('Content-Length') if self.command == 'HEAD' else len(content)
        self.answer(said.status, content, length=length or 0, **kept)

    def serve(self, key, query, body):
        is_taken = self.headers.get('If-None-Match') == '*' and key in objects
        if self.command == 'PUT' and 'uploadId' in query:
            if query['uploadId'] not in uploads:
                return self.error(404, 'NoSuchUpload')
            uploads[query['uploadId']][2][int(query['partNumber'])] = body
            return self.answer(200, ETag=etag_of(body))
        if self.command == 'PUT':
            if is_taken:
                return self.error(412, 'PreconditionFailed')
            objects[key] = (body, etag_of(body), time.time())
            return self.answer(200, ETag=etag_of(body))
        if self.command == 'POST' and 'uploads' in query:
            upload = uuid.uuid4().hex + '/+='
            uploads[upload] = (key, time.time(), {})
            return self.answer(200, '<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>' % upload)
        if self.command == 'POST':
            if query['uploadId'] not in uploads:
                return self.error(404, 'NoSuchUpload')
            if is_taken:
                return self.error(412, 'PreconditionFailed')
            parts = [p for _, p in sorted(uploads.pop(query['uploadId'])[2].items())]
            hashes = b''.join(hashlib.md5(p).digest() for p in parts)
            etag = '"%s-%d"' % (hashlib.md5(hashes).hexdigest(), len(parts))
            objects[key] = (b''.join(parts), etag, time.time())
            return self.answer(200, '<CompleteMultipartUploadResult><ETag>%s</ETag></CompleteMultipartUploadResult>' % escape(etag))
        if self.command == 'DELETE':
            if 'uploadId' in query:
                uploads.pop(query['uploadId'], None)
            else:
                objects.pop(key, None)
            return self.answer(204)
        if 'uploads' in query:
            told = ''.join('<Upload><Key>%s</Key><UploadId>%s</UploadId><Initiated>%s</Initiated></Upload>' %
                           (escape(k.split('/', 2)[2]), u, stamp(t)) for u, (k, t, _) in uploads.items())
            return self.answer(200, '<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>%s</ListMultipartUploadsResult>' % told)
        if 'list-type' in query:
            names = sorted(k.split('/', 2)[2] for k in objects)
            names = [n for n in names if n.startswith(query.get('prefix', '')) and n > query.get('start-after', '')]
            page = names[:int(query['max-keys'])]
            told = ''.join('<Contents><Key>%s</Key><LastModified>%s</LastModified><Size>%d</Size></Contents>' %
                           (n, stamp(0), len(objects['/bucket/' + n][0])) for n in page)
            return self.answer(200, '<ListBucketResult><IsTruncated>%s</IsTruncated>%s</ListBucketResult>' %
                               ('true' if len(page) < len(names) else 'false', told))
        if key not in objects:
            return self.error(404, 'NoSuchKey')
        content, etag, when = objects[key]
        facts = {'ETag': etag, 'Last_Modified': formatdate(when, usegmt=True)}
        if self.headers.get('If-Match') not in (None, etag):
            return self.error(412, 'PreconditionFailed')
        if self.headers.get('Range'):
            first, last = self.headers['Range'].removeprefix('bytes=').split('-')
            return self.answer(206, content[int(first):int(last) + 1], **facts)
        return self.answer(200, content if self.command == 'GET' else b'', length=len(content), **facts)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_one


def ahead():
    return time.time() + (86400 if fault == 'skewed' else 0)


def stamp(when):
    return time.strftime('%Y-%m-%dT%H:%M:%S.000Z', time.gmtime(when))


class Server(ThreadingHTTPServer):
    daemon_threads = True


behind = int(sys.argv[2]) if len(sys.argv) > 2 else None
Server(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
