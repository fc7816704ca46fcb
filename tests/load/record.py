#!/usr/bin/env python3
"""A forward proxy on loopback that writes down every request that passes through it, for replay.lua.

    record.py FILE          prints its port, runs until it gets SIGTERM

FILE gets, for each request in the order of their arrival, its length in bytes on a line and then its bytes as the target
gets them, credentials included: keep it where nobody else reads. Plain HTTP/1.1 with Content-Length or no body only, which is
what the gate sends; answers may be chunked.
"""

import asyncio
import signal
import sys
from urllib.parse import urlsplit


def length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


async def answer(upstream: asyncio.StreamReader, method: bytes) -> bytes:
    head = await upstream.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    if method == b"HEAD" or status in (204, 304) or status < 200:
        return head
    if b"\r\ntransfer-encoding: chunked\r\n" not in head.lower():
        return head + await upstream.readexactly(length(head))
    body = b""
    while True:
        size = await upstream.readline()
        chunk = await upstream.readexactly(int(size.split(b";")[0], 16) + 2)
        body += size + chunk
        if len(chunk) == 2:
            return head + body


async def serve(client: asyncio.StreamReader, back: asyncio.StreamWriter, record) -> None:
    upstream = None
    try:
        while True:
            head = await client.readuntil(b"\r\n\r\n")
            line, _, rest = head.partition(b"\r\n")
            method, url, version = line.split(b" ")
            target = urlsplit(url.decode())
            path = target.path or "/"
            if target.query:
                path += "?" + target.query
            raw = b" ".join([method, path.encode(), version]) + b"\r\n" + rest
            raw += await client.readexactly(length(head))
            record.write(b"%d\n" % len(raw) + raw)
            if upstream is None:
                upstream = await asyncio.open_connection(target.hostname, target.port)
            upstream[1].write(raw)
            back.write(await answer(upstream[0], method))
            await back.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        back.close()
        if upstream:
            upstream[1].close()


async def main() -> None:
    with open(sys.argv[1], "wb") as record:
        server = await asyncio.start_server(lambda r, w: serve(r, w, record), "127.0.0.1", 0, limit=1 << 20)
        print(server.sockets[0].getsockname()[1], flush=True)
        ended = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
        await ended.wait()
        server.close()


asyncio.run(main())
