"""The app of the benchmarks in Python: it echoes what clients send.

    python worker.py        (the socket is REALTIME_SOCKET)
"""

import realtime_sidecar as realtime


@realtime.on("echo")
def echo(_socket: realtime.Socket, value: object) -> object:
    """Gives the value back as the acknowledgement."""
    return value


if __name__ == "__main__":
    realtime.run()
