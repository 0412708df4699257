"""Ports for tests that run beside others, and beside whatever else the machine does."""

import random
import socket

CLOSED = []


def free_port():
    """A port of this machine's own address that nothing listens at, for a server that cannot be told to choose one. It is none of those that the
    system chooses from, for servers and for clients: between this call and the server's start nobody is given it."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass  # taken


def closed_port():
    """A port where connections are refused. It stays that until the test ends: it is taken, and nobody listens."""
    CLOSED.append(socket.socket())
    CLOSED[-1].bind(("127.0.0.1", 0))
    return CLOSED[-1].getsockname()[1]
